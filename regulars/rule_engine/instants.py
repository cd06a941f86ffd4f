"""Instants at the border."""

from __future__ import annotations

from datetime import datetime


def json_instant(value: datetime) -> str:
    """An instant as outside clients read it."""
    return value.isoformat().replace("+00:00", "Z")
