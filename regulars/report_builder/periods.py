"""Days, weeks, months, quarters and years as a shop counts them. Pure.

A period is known by its first day. Weeks start on the workspace's day; the instants at which a
period begins and ends come from the workspace's zone, so days of 23 or 25 hours are counted right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, get_args

from regulars.platform.expressions import times, zones
from regulars.platform.expressions.types import Moment

Period = Literal["day", "week", "month", "quarter", "year"]
PERIODS: tuple[str, ...] = get_args(Period)


@dataclass(frozen=True)
class Span:
    """One period: its first day, the day after its last, and the instants between them."""

    first: date
    following: date
    lo: datetime
    hi: datetime

    def holds(self, instant: datetime) -> bool:
        """Whether ``instant`` falls into this period."""
        return self.lo <= instant < self.hi


def step(by: str, first: date, n: int = 1) -> date:
    """The first day of the period ``n`` after the one that begins on ``first``."""
    moved = times.add_units(first, n, by)
    if moved is None:
        return times.LATEST if n > 0 else times.EARLIEST
    return moved


def day_start(day: date, moment: Moment) -> datetime:
    """The first instant of ``day`` in the workspace's zone, in UTC."""
    instant = zones.from_wall_time(datetime.combine(day, time()), moment.zone)
    assert instant is not None  # days are kept between times.EARLIEST and times.LATEST
    return instant


def local_day(instant: datetime, moment: Moment) -> date:
    """The calendar day of an instant in the workspace's zone."""
    day = zones.local_day(instant, moment.zone)
    return times.EARLIEST if day is None else min(max(day, times.EARLIEST), times.LATEST)


def span_of(by: str, day: date, moment: Moment) -> Span:
    """The period that holds ``day``."""
    first = max(times.start_of(day, by, moment.week_start), times.EARLIEST)
    return stretch(first, step(by, first), moment)


def stretch(first: date, following: date, moment: Moment) -> Span:
    """The days from ``first`` to the one before ``following``."""
    return Span(first, following, day_start(first, moment), day_start(following, moment))


def spans(by: str, since: date, until: date, moment: Moment) -> Iterator[Span]:
    """Every period that has a day in ``[since, until)``, oldest first."""
    day = since
    while day < min(until, times.LATEST):
        span = span_of(by, day, moment)
        yield span
        day = span.following


def count_spans(by: str, since: date, until: date) -> int:
    """About how many periods `spans` yields, without making them."""
    days = max(0, (until - since).days)
    return days // {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}[by] + 2
