"""The dialect of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform.expressions import numbers, postgres_functions
from regulars.platform.expressions import postgres as pg
from regulars.platform.expressions.sql_template import Template, is_column
from regulars.platform.expressions.types import Moment, ValueType

Element = sa.ColumnElement[Any]
Typed = tuple[Element, ValueType]


class Postgres:
    """Everything inside the database, in exact numerics and with zones as arrays."""

    def fold(self, text: Element) -> Element:
        return postgres_functions.folded(text)

    def position(self, text: Element, part: Element) -> Element:
        return sa.func.strpos(text, part, type_=sa.Integer())

    def ending(self, text: Element, part: Element) -> Element:
        return sa.func.right(text, sa.func.length(part), type_=sa.Text())

    def local_day(self, instant: Element, moment: Moment) -> Element:
        return pg.local_day(instant, moment)

    def same_day(self, day: Element, reference: Element, moment: Moment) -> Element:
        return postgres_functions.same_day(day, reference, moment.leap_day)

    def compare_scales(
        self, test: Callable[[Any, Any], Any], left: Typed, right: Typed, moment: Moment
    ) -> Element:
        scale = max(left[1].scale, right[1].scale)
        sides = (
            Template(f"({{0}}::numeric{pg.times(scale - kind.scale)})", pg.NUMERIC, value)
            for value, kind in (left, right)
        )
        return test(*sides)  # type: ignore[no-any-return]

    def rescale(
        self, value: Element, found: ValueType, wanted: ValueType, moment: Moment
    ) -> Element:
        words = f"round({{0}}::numeric{pg.times(wanted.scale - found.scale)})"
        return pg.scaled_number(words, value)

    def total(self, value: Element) -> Element:
        words = "sum({0})" if is_column(value) else "sum({0}::numeric)"
        return Template(words, pg.NUMERIC, value)

    def sum_or_zero(self, total: Element) -> Element:
        return pg.scaled_number("coalesce({0}, 0)", total)

    def average(self, total: Element, count: Element, scale: int, moment: Moment) -> Element:
        words = pg.division(pg.fit("{0}"), "{1}", numbers.DIVISION_SCALE - scale)
        return pg.scaled_number(words, total, count)

    def mentions_twice(self, name: str) -> bool:
        return name in postgres_functions.MENTIONS_TWICE

    def formula(
        self, text: str, parts: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element | None:
        return None

    def function(
        self, name: str, args: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element:
        return postgres_functions.FUNCTIONS[name](args, result, moment)
