"""Bringing a file of lines into forms: read, map, check, write in resumable steps, undo."""
