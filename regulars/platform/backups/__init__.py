"""Backups: one archive per store, the same on both databases; making, checking, restoring."""
