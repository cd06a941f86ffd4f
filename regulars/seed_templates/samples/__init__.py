"""Believable sample data: pure generators, the same rows for the same seed and day."""
