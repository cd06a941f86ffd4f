"""PostgreSQL building blocks: exact numerics, days, zones as arrays of offsets.

Nothing here depends on the server's zone tables, locale or collation: zones come from Python as
arrays (`zones.zone_of`), letters from Python as tables.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL

from regulars.platform import columns
from regulars.platform.expressions import numbers, zones
from regulars.platform.expressions import times as calendar
from regulars.platform.expressions.sql_template import Template
from regulars.platform.expressions.types import Moment

Element = sa.ColumnElement[Any]
TIMESTAMP = sa.TIMESTAMP(timezone=True)
WALL = sa.TIMESTAMP(timezone=False)
BIG, INTEGER, TEXT, DATE, NUMERIC = (
    sa.BigInteger(), sa.Integer(), sa.Text(), sa.Date(), sa.Numeric(),
)  # fmt: skip
DIVISION_DIGITS = 30  # enough that rounding the quotient once more cannot change the result
_BEYOND = numbers.LIMIT + 1


def times(places: int) -> str:
    """The words for "x 10^places", exact."""
    return f" * {Decimal(1).scaleb(places):f}" if places else ""


def fit(words: str) -> str:
    """Words that are NULL where a scaled number does not fit 64 bits; mention ``words`` once."""
    held = f"least(greatest({words}, -{_BEYOND}), {_BEYOND})"
    return f"nullif(nullif({held}, {_BEYOND}), -{_BEYOND})"


def scaled_number(words: str, *args: Any) -> Element:
    """A number that fits, or NULL."""
    return Template(fit(words), BIG, *args)


def division(left: str, right: str, places: int) -> str:
    """Words for ``left / right`` x 10^places as a whole number, rounded once and exactly."""
    digits = DIVISION_DIGITS + max(0, -places)
    factor = f"{Decimal(1).scaleb(places):.{digits}f}"
    return f"round({left} * {factor} / nullif({right}, 0))"


def whole(words: str, places: int, low: int, high: int) -> str:
    """Words for a number cut to a whole one and held between two bounds, as an integer."""
    held = f"least(greatest(trunc({words}::numeric{times(places)}), {low}), {high})"
    return f"(case when {words} is not null then {held}::integer end)"


def as_day(value: Element) -> Element:
    """A PostgreSQL date as our Day."""
    return sa.type_coerce(value, columns.Day())


def zone_words(table: zones.ZoneTable, sign: str, stamp: str) -> str:
    """Words for ``{0}`` moved by the offset that holds there; arrays are ``{1}`` and ``{2}``."""
    place = f"width_bucket({{0}}, {{1}}::{stamp}[]) + 1"
    return f"{sign} (({{2}}::interval[])[{place}])"


def _arrays(table: zones.ZoneTable, *, aware: bool) -> tuple[Element, Element]:
    starts = [_moment_of(start, aware=aware) for start in table.starts]
    spans = [timedelta(microseconds=offset) for offset in table.offsets]
    kind = TIMESTAMP if aware else WALL
    return sa.literal(starts, ARRAY(kind)), sa.literal(spans, ARRAY(INTERVAL()))


def _moment_of(figure: int, *, aware: bool) -> Any:
    found = zones.instant_at(figure)
    assert found is not None
    return found if aware else found.replace(tzinfo=None)


def _shown(instant: Element, table: zones.ZoneTable, words: str, kind: Any) -> Element:
    """Words about the wall time ``{0}`` of an instant, which they name ``{wall}``."""
    moved = "timezone('UTC', {0}) " + zone_words(table, "+", "timestamptz")
    arrays = _arrays(table, aware=True)
    return Template(words.replace("{wall}", f"({moved})"), kind, instant, *arrays)


def local_day(instant: Element, moment: Moment) -> Element:
    """The calendar day of an instant. Mentions ``instant`` twice."""
    table = zones.zone_of(moment.zone.key).days
    return as_day(_shown(instant, table, "({wall}::date)", DATE))


def wall(instant: Element, moment: Moment) -> Element:
    """What the clock on the wall shows. Mentions ``instant`` twice."""
    return _shown(instant, zones.zone_of(moment.zone.key).clock, "{wall}", WALL)


def instant_of(wall_time: Element, moment: Moment) -> Element:
    """The instant at which the wall shows this. Mentions ``wall_time`` twice."""
    table = zones.zone_of(moment.zone.key).local
    words = "timezone('UTC', {0} " + zone_words(table, "-", "timestamp") + ")"
    return Template(words, TIMESTAMP, wall_time, *_arrays(table, aware=False))


def moved(day: str, n: str, unit: str) -> str:
    """Words for a date plus ``n`` (an integer) units; NULL outside what Python can hold."""
    if unit in ("day", "week"):
        count = f"{n} * 7" if unit == "week" else n
        length = (calendar.LATEST - calendar.EARLIEST).days
        inside = f"{day} - date '{calendar.EARLIEST}' + {count} between 0 and {length}"
        return f"(case when {inside} then {day} + {count} end)"
    months = f"{n} * {calendar.MONTH_UNITS[unit]}"
    index = f"extract(year from {day}) * 12 + extract(month from {day}) - 1 + {months}"
    inside = f"{index} between {calendar.FIRST_MONTH} and {calendar.LAST_MONTH}"
    return f"(case when {inside} then ({day} + make_interval(months => {months}))::date end)"
