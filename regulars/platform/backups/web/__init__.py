"""Backups on pages and through the API."""
