"""The one place that reads the wall clock; everything else is handed an instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current instant, aware and in UTC."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the only reader of the wall clock
