"""Revisions of the main store."""
