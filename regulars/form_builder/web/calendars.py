"""Records on the days of a month. Pure but for the question of which records there are."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.querying import Record, RecordPage, RecordQuery
from regulars.form_builder.web import filters

MOST = 500
_ON_A_DAY = 4
_FIRST, _LAST = date(1900, 1, 1), date(2200, 12, 1)


@dataclass(frozen=True)
class Day:
    """One day of the sheet; days of the months around it fill up its weeks."""

    date: date
    is_own: bool
    is_today: bool
    records: Sequence[Record]

    @property
    def shown(self) -> Sequence[Record]:
        """The first ones; `more` are left out."""
        return self.records[:_ON_A_DAY]

    @property
    def more(self) -> int:
        """How many are not shown on the sheet."""
        return len(self.records) - len(self.shown)


@dataclass(frozen=True)
class Month:
    """A month as weeks of days; ``left_out`` records of it are too many to be shown."""

    first: date
    weeks: Sequence[Sequence[Day]]
    left_out: int

    @property
    def before(self) -> str:
        """The month before, as an address names it; "" where there is none."""
        return _named(self.first - timedelta(days=1))

    @property
    def after(self) -> str:
        """The month after."""
        return _named(self.first + timedelta(days=31))

    @property
    def own_days(self) -> list[Day]:
        """The days of the month itself that hold something, for a list on a narrow screen."""
        return [day for week in self.weeks for day in week if day.is_own and day.records]


def month_of(
    by: FieldDefinition, name: str, query: RecordQuery, now: datetime, zone: ZoneInfo,
    find: Callable[[RecordQuery], RecordPage],
) -> Month:  # fmt: skip
    """The month ``name`` (``2026-11``), else the present one, in the shop's zone."""
    today = now.astimezone(zone).date()
    first = _first_day(name) or today.replace(day=1)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    condition = _between(by, weeks[0][0], weeks[-1][-1] + timedelta(days=1), zone)
    whole = filters.both(query.filter, condition)
    page = find(replace(query, filter=whole, sort=(by.key,), limit=MOST, offset=0))
    on: dict[date, list[Record]] = {}
    for record in page.records:
        value = record.values.get(by.key)
        day = value.astimezone(zone).date() if isinstance(value, datetime) else value
        if isinstance(day, date):
            on.setdefault(day, []).append(record)
    days = [
        [Day(each, each.month == first.month, each == today, on.get(each, ())) for each in week]
        for week in weeks
    ]
    return Month(first, days, max(0, (page.total or 0) - len(page.records)))


def _between(by: FieldDefinition, start: date, end: date, zone: ZoneInfo) -> Mapping[str, Any]:
    """From the first day on and before the last one; instants by the shop's midnights."""
    if by.type == "date":
        first, last = start.isoformat(), end.isoformat()
    else:
        midnights = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (start, end))
        first, last = (each.isoformat().replace("+00:00", "Z") for each in midnights)
    return {
        "all": [
            {"field": by.key, "op": "on_or_after", "value": first},
            {"field": by.key, "op": "before", "value": last},
        ]
    }


def _first_day(name: str) -> date | None:
    if not name:
        return None
    year, _, month = name.partition("-")
    return max(_FIRST, min(date(max(int(year), 1), int(month), 1), _LAST))


def _named(day: date) -> str:
    return f"{day:%Y-%m}" if _FIRST <= day.replace(day=1) <= _LAST else ""
