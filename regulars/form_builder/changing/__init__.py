"""Changing forms whose records are at work: archive, purge, where-used, another type."""
