"""Versioned store of what owners build: drafts, published versions, snapshots."""
