"""The stretch of days a reader chooses for a report, and the one to compare it with. Pure.

Written like the windows of conditions: ``{"calendar": "this_month"}``, ``{"last": 30, "unit":
"day"}`` (today included), ``{"from": "2011-01-01", "to": "2012-01-01"}`` (``to`` not included).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from regulars.platform.errors import Invalid
from regulars.platform.expressions import times, zones
from regulars.platform.expressions.types import Moment
from regulars.platform.problems import Problem
from regulars.report_builder.periods import day_start

PLACE = "params/period"
MAX_UNITS = 10_000
_LAST_WORD = re.compile(r"last-([1-9][0-9]{0,4})(?:-(day|week|month|quarter|year))?")


@dataclass(frozen=True)
class Range:
    """Whole days ``[since, until)`` of the workspace; either side may be open.

    ``cut`` ends the stretch earlier, at an instant: a comparison with an unfinished period goes
    only as far as that period has come.
    """

    since: date | None = None
    until: date | None = None
    cut: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it leaves nothing out."""
        return self.since is None and self.until is None and self.cut is None

    def lo(self, moment: Moment) -> datetime | None:
        """The first instant inside."""
        return None if self.since is None else day_start(self.since, moment)

    def hi(self, moment: Moment) -> datetime | None:
        """The first instant after."""
        ends = [] if self.until is None else [day_start(self.until, moment)]
        ends += [] if self.cut is None else [self.cut]
        return min(ends, default=None)

    def as_json(self) -> dict[str, str | None] | None:
        """``{"from", "to"}`` with the days as ISO dates; None when nothing is left out."""
        if self.is_open:
            return None
        return {"from": _iso(self.since), "to": _iso(self.until)}


ALL_TIME = Range()


def parse_range(raw: Any, moment: Moment) -> Range:
    """The stretch that ``raw`` names as of ``moment``; None or ``{}`` is all time.

    In addresses and on the command line it is a word: ``this_month``, ``last-30-day``, ``all``,
    ``2011-01-01/2012-01-01``. Raises Invalid.
    """
    if isinstance(raw, str):
        raw = from_word(raw)
    if raw is None or raw == {}:
        return Range()
    if not isinstance(raw, Mapping):
        raise _bad()
    keys = set(raw)
    if keys == {"calendar"} and raw["calendar"] in times.CALENDARS:
        return Range(*times.calendar_days(raw["calendar"], moment))
    if keys == {"last", "unit"}:
        return _last(raw["last"], raw["unit"], moment)
    if keys and keys <= {"from", "to"}:
        return _between(raw.get("from"), raw.get("to"))
    raise _bad()


def from_word(word: str) -> Any:
    """The window that a word stands for."""
    if word in ("", "all"):
        return None
    if word in times.CALENDARS:
        return {"calendar": word}
    last = _LAST_WORD.fullmatch(word)
    if last is not None:
        return {"last": int(last[1]), "unit": last[2] or "day"}
    since, slash, until = word.partition("/")
    if not slash:
        raise _bad()
    return {"from": since or None, "to": until or None}


def to_word(raw: Any) -> str:
    """The word for a window that `parse_range` understands."""
    if not isinstance(raw, Mapping) or not raw:
        return raw if isinstance(raw, str) else "all"
    if "calendar" in raw:
        return str(raw["calendar"])
    if "last" in raw:
        return f"last-{raw['last']}-{raw.get('unit', 'day')}"
    return f"{raw.get('from') or ''}/{raw.get('to') or ''}"


def _last(n: Any, unit: Any, moment: Moment) -> Range:
    if isinstance(n, Decimal) and n == n.to_integral_value():
        n = int(n)
    if unit not in times.CALENDAR_UNITS or not isinstance(n, int) or not 1 <= n <= MAX_UNITS:
        raise _bad()
    since = times.last_units_start(n, unit, moment)
    return Range(since, moment.today + timedelta(days=1))


def _between(since: Any, until: Any) -> Range:
    found = Range(_day(since), _day(until))
    if found.since and found.until and found.until <= found.since:
        raise _bad("period-ends-before-it-begins")
    return found


def _day(raw: Any) -> date | None:
    if raw is None or raw == "":
        return None
    try:
        day = date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise _bad() from None
    if not times.EARLIEST <= day <= times.LATEST:
        raise _bad()
    return day


def _bad(code: str = "bad-report-period") -> Invalid:
    return Invalid([Problem(PLACE, code)])


def previous(chosen: Range, moment: Moment) -> Range | None:
    """The stretch just before ``chosen``: as many whole months if it is made of months, else
    days.

    While ``chosen`` is not over, the comparison stops as far into its stretch as now is into this
    one. None where an open side leaves nothing to compare with.
    """
    if chosen.since is None or chosen.until is None:
        return None
    months = _whole_months(chosen.since, chosen.until)
    unit, n = ("month", months) if months else ("day", (chosen.until - chosen.since).days)
    since = times.add_units(chosen.since, -n, unit)
    if since is None:
        return None
    return Range(since, chosen.since, _cut(chosen, n, unit, moment))


def _cut(chosen: Range, n: int, unit: str, moment: Moment) -> datetime | None:
    lo, hi = chosen.lo(moment), chosen.hi(moment)
    if lo is None or hi is None or not lo <= moment.now < hi:
        return None
    return times.add_to_instant(moment.now, -n, unit, moment.zone)


def _whole_months(since: date, until: date) -> int:
    if since.day != 1 or until.day != 1:
        return 0
    return times.months_between(since, until)


def reaches(chosen: Range, instant: datetime, moment: Moment) -> bool:
    """Whether ``instant`` lies inside ``chosen``."""
    lo, hi = chosen.lo(moment), chosen.hi(moment)
    return (lo is None or lo <= instant) and (hi is None or instant < hi)


def end_day(instant: datetime, moment: Moment) -> date:
    """The day after the one on which ``instant`` falls."""
    day = zones.local_day(instant, moment.zone) or times.LATEST
    return min(day, times.LATEST - timedelta(days=1)) + timedelta(days=1)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
