"""Regulars (回头客): a low-code platform that a shop runs itself."""

__version__ = "0.1.0"
