"""The moment a run is about, as people write it. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """``2011-12-10T10:00`` as an instant, in the shop's time without an offset; None for nothing.

    Raises Invalid.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid([Problem("at", "bad-moment")]) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
