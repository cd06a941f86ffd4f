"""What "now" means for a piece of work: the moving clock, or the one instant it was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Now = Callable[[], datetime]
Between = Callable[[], object]
"""Called now and then in the middle of long work, so that short work need not wait for its end."""


def fixed(instant: datetime) -> Now:
    """A "now" that stands still, for work as of an instant."""
    return lambda: instant
