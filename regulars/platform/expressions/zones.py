"""Offsets of a time zone as plain tables, so that Python and SQL convert instants alike.

A table covers 1900 to 2150; before and after, its first and last offset hold. All figures are
microseconds since 1970 (instants) or microseconds east of UTC (offsets).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2150, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=10)


@dataclass(frozen=True)
class ZoneTable:
    """``offsets[i]`` holds from ``starts[i - 1]`` on; ``offsets[0]`` before every start."""

    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def at(self, figure: int) -> int:
        """The offset that holds at ``figure``."""
        return self.offsets[bisect_right(self.starts, figure)]


@dataclass(frozen=True)
class Zone:
    """``clock`` gives wall time, ``days`` calendar days, ``local`` the way back from wall time.

    ``days`` differs from ``clock`` only where clocks are set back over midnight: a day that has
    begun does not end and begin again.
    """

    clock: ZoneTable
    days: ZoneTable
    local: ZoneTable


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (instant - EPOCH) // _MICROSECOND


def instant_at(figure: int) -> datetime | None:
    """The aware UTC datetime, or None outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(microseconds=figure)
    except OverflowError:
        return None


def local_day(instant: datetime, zone: ZoneInfo) -> date | None:
    """The calendar day of ``instant`` in ``zone``."""
    figure = microseconds(instant)
    return day_at((figure + zone_of(zone.key).days.at(figure)) // DAY)


def day_at(number: int) -> date | None:
    """The day ``number`` days after 1970-01-01, or None outside the years 1 to 9999."""
    ordinal = number + EPOCH_DAY
    return date.fromordinal(ordinal) if 1 <= ordinal <= date.max.toordinal() else None


def wall_time(instant: datetime, zone: ZoneInfo) -> datetime | None:
    """What the clock on the wall shows, as a naive datetime."""
    figure = microseconds(instant)
    shown = instant_at(figure + zone_of(zone.key).clock.at(figure))
    return None if shown is None else shown.replace(tzinfo=None)


def from_wall_time(naive: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant at which the wall shows ``naive``: the earlier of two, after a gap if in one."""
    figure = microseconds(naive.replace(tzinfo=UTC))
    return instant_at(figure - zone_of(zone.key).local.at(figure))


@lru_cache(maxsize=64)
def zone_of(name: str) -> Zone:
    """The tables of the zone ``name``."""
    changes = list(_changes(ZoneInfo(name)))
    first = _offset(_FIRST, ZoneInfo(name))
    offsets = (first, *(new for _, _, new in changes))
    return Zone(
        ZoneTable(tuple(at for at, _, _ in changes), offsets),
        ZoneTable(tuple(_day_change(*change) for change in changes), offsets),
        ZoneTable(tuple(at + max(old, new) for at, old, new in changes), offsets),
    )


def _offset(instant: datetime, zone: ZoneInfo) -> int:
    found = instant.astimezone(zone).utcoffset()
    assert found is not None
    return found // _MICROSECOND


def _changes(zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Every change of the offset: (instant, offset before, offset after)."""
    found = []
    low = _FIRST
    while low < _LAST:
        high = min(low + _STEP, _LAST)
        if _offset(low, zone) != _offset(high, zone):
            found.append(_locate(low, high, zone))
        low = high
    return found


def _locate(low: datetime, high: datetime, zone: ZoneInfo) -> tuple[int, int, int]:
    before, after = _offset(low, zone), _offset(high, zone)
    bottom, top = microseconds(low), microseconds(high)
    while top - bottom > SECOND:
        middle = (bottom + top) // 2 // SECOND * SECOND
        if _offset(EPOCH + timedelta(microseconds=middle), zone) == before:
            bottom = middle
        else:
            top = middle
    return top, before, after


def _day_change(at: int, old: int, new: int) -> int:
    """When the new offset starts to count for days: not before midnight has come again."""
    begun = (at - 1 + old) // DAY
    if (at + new) // DAY >= begun:
        return at
    return begun * DAY - new
