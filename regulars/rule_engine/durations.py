"""Lengths of time as rules write them: minutes and hours are exact, days and longer are calendar.

``{"n": 7, "unit": "day"}`` and ``"7d"`` are the same. A day later is the same time of day on the
next calendar day in the shop's zone, also where the clocks change in between. Pure.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

UNITS = ("minute", "hour", "day", "week", "month")
_SHORT = {"m": "minute", "h": "hour", "d": "day", "w": "week"}
_TEXT = re.compile(r"([1-9][0-9]{0,4})([mhdw])\Z")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")

LENGTH_SCHEMA: Mapping[str, Any] = {
    "oneOf": [
        {"type": "string", "pattern": "^[1-9][0-9]{0,4}[mhdw]$"},
        {
            "type": "object",
            "properties": {
                "n": {"type": "integer", "minimum": 1, "maximum": 99999},
                "unit": {"enum": list(UNITS)},
            },
            "required": ["n", "unit"],
            "additionalProperties": False,
        },
    ]
}
CLOCK_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
}


MOMENT_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]$",
}


@dataclass(frozen=True)
class Length:
    """A length of time."""

    n: int
    unit: str

    @classmethod
    def from_json(cls, raw: Any) -> Length:
        """The length of a JSON value whose shape has been checked."""
        if isinstance(raw, str):
            found = _TEXT.match(raw)
            if found is None:
                raise ValueError(f"{raw!r} is no length of time")
            return cls(int(found[1]), _SHORT[found[2]])
        return cls(int(raw["n"]), str(raw["unit"]))

    def after(self, start: datetime, zone: ZoneInfo) -> datetime:
        """The instant this long after ``start``."""
        return self._moved(start, zone, self.n)

    def before(self, end: datetime, zone: ZoneInfo) -> datetime:
        """The instant this long before ``end``."""
        return self._moved(end, zone, -self.n)

    def _moved(self, instant: datetime, zone: ZoneInfo, n: int) -> datetime:
        if self.unit in ("minute", "hour"):
            exact = timedelta(minutes=n) if self.unit == "minute" else timedelta(hours=n)
            return instant + exact
        local = instant.astimezone(zone).replace(tzinfo=None)
        if self.unit == "month":
            return at_local(_add_months(local, n), zone)
        return at_local(local + timedelta(days=n * (7 if self.unit == "week" else 1)), zone)


def read_clock(text: str) -> time:
    """``"09:30"`` as a time of day."""
    found = _CLOCK.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no time of day")
    return time(int(found[1]), int(found[2]))


def read_moment(text: str) -> datetime:
    """``"2026-05-01T09:30"`` as what a wall clock shows, without a zone."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall clock has no zone


def at_local(naive: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a wall clock in ``zone`` shows ``naive``.

    Where the clock jumps over it: the first instant after the jump. Where it shows it twice: the
    first time.
    """
    first = naive.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    if shown == naive:
        return instant
    gap = naive.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    after = naive.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    return _first_after_jump(instant, zone, abs(after - gap))


def _first_after_jump(inside: datetime, zone: ZoneInfo, size: timedelta) -> datetime:
    """The instant of the jump; ``inside`` lies at most ``size`` after it."""
    low, high = inside - size - timedelta(minutes=1), inside
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _add_months(local: datetime, n: int) -> datetime:
    index = local.year * 12 + local.month - 1 + n
    year, month = divmod(index, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)
