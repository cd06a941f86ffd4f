"""Changing many records at once: choose, look at what would happen, do it, take it back."""
