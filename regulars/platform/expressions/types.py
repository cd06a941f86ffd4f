"""The types a value can have in an expression."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """What a value is. There is no implicit conversion between kinds."""

    TEXT = "text"  # str
    NUMBER = "number"  # Decimal with a fixed scale; money is a number
    BOOLEAN = "boolean"  # bool
    DATE = "date"  # datetime.date
    DATETIME = "datetime"  # aware UTC datetime.datetime
    CHOICE = "choice"  # str code
    TAGS = "tags"  # frozenset[str]; multi-valued codes or free tags
    LINK = "link"  # int: the id of a record of `form`
    ROWS = "rows"  # many records of `form` (related records, subform rows)
    MISSING = "missing"  # the literal "no value"


@dataclass(frozen=True)
class ValueType:
    """A kind with its detail: ``scale`` decimals of a number, ``form`` of a link or relation."""

    kind: Kind
    scale: int = 0
    form: str | None = None
    options: tuple[str, ...] = ()  # the codes of a choice, () = free
    exact: bool = False  # text whose upper and lower case are kept apart


TEXT = ValueType(Kind.TEXT)
BOOLEAN = ValueType(Kind.BOOLEAN)
DATE = ValueType(Kind.DATE)
DATETIME = ValueType(Kind.DATETIME)
MISSING = ValueType(Kind.MISSING)


def number(scale: int = 0) -> ValueType:
    """A number with ``scale`` decimals."""
    return ValueType(Kind.NUMBER, scale=scale)


LeapDay = Literal["before", "after"]
"""Where 29 February falls in common years: on the day before it or on the day after it."""


@dataclass(frozen=True)
class Moment:
    """What "now", "today", "me" and "my stores" mean for one evaluation. Never the wall clock."""

    now: datetime  # aware, UTC
    zone: ZoneInfo
    week_start: int = 0  # 0 = Monday
    member_id: int | None = None
    unit_ids: tuple[int, ...] = ()
    leap_day: LeapDay = "before"

    @property
    def today(self) -> date:
        """The calendar day of `now` in the workspace's zone."""
        return self.now.astimezone(self.zone).date()

    def day_start(self, day: date) -> datetime:
        """The first instant of ``day`` in the zone, in UTC (the later side of a DST gap)."""
        naive = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return naive.astimezone(ZoneInfo("UTC"))

    def days_ago(self, n: int) -> date:
        """The calendar day ``n`` days before today."""
        return self.today - timedelta(days=n)
