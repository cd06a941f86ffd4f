"""Revisions of the workspace store."""
