"""What "now" means for a piece of work: the moving clock, or the one instant it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Now = Callable[[], datetime]


def fixed(instant: datetime) -> Now:
    """A "now" that stands still, for work as of an instant."""
    return lambda: instant
