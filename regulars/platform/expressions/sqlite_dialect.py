"""The dialect of SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions import sqlite_functions
from regulars.platform.expressions.types import BOOLEAN, DATE, DATETIME, Moment, ValueType, number

Element = sa.ColumnElement[Any]
Typed = tuple[Element, ValueType]


class Sqlite:
    """Calls back into Python wherever SQL itself could differ (`sqlite_functions.install`)."""

    def fold(self, text: Element) -> Element:
        return sa.func.regulars_fold(text, type_=sa.Text())

    def position(self, text: Element, part: Element) -> Element:
        return sa.func.instr(text, part, type_=sa.Integer())

    def ending(self, text: Element, part: Element) -> Element:
        return sa.func.substr(text, -sa.func.length(part), type_=sa.Text())

    def local_day(self, instant: Element, moment: Moment) -> Element:
        return self.function("LOCAL_DAY", [(instant, DATETIME)], DATE, moment)

    def same_day(self, day: Element, reference: Element, moment: Moment) -> Element:
        held = self.function("SAME_DAY", [(day, DATE), (reference, DATE)], BOOLEAN, moment)
        return held == sa.literal(1, sa.Integer())

    def compare_scales(self, test: Callable[[Any, Any], Any], left: Typed, right: Typed, moment: Moment) -> Element:  # fmt: skip
        order = self.function("COMPARE", [left, right], number(), moment)
        return test(order, sa.literal(0, sa.BigInteger()))  # type: ignore[no-any-return]

    def rescale(self, value: Element, found: ValueType, wanted: ValueType, moment: Moment) -> Element:  # fmt: skip
        return self.function("RESCALE", [(value, found)], wanted, moment)

    def total(self, value: Element, *, is_column: bool) -> Element:
        if (
            is_column
        ):  # the native sum is three times faster, and stored numbers do not overflow it
            return sa.func.sum(value, type_=sa.BigInteger())
        return sa.func.regulars_sum(value, type_=sa.BigInteger())

    def sum_or_zero(self, total: Element) -> Element:
        found = sa.func.coalesce(total, sa.literal(0, sa.BigInteger()))
        return sa.func.nullif(found, sa.literal(sqlite_functions.OVERFLOW, sa.BigInteger()))

    def average(self, total: Element, count: Element, scale: int, moment: Moment) -> Element:
        known = sa.func.nullif(total, sa.literal(sqlite_functions.OVERFLOW, sa.BigInteger()))
        typed = [(known, number(scale)), (count, number())]
        return self.function("/", typed, number(6), moment)

    def function(self, name: str, args: Sequence[Typed], result: ValueType, moment: Moment) -> Element:  # fmt: skip
        sign = sqlite_functions.signature(name, [kind for _, kind in args], result, moment)
        values = [value for value, _ in args]
        call = sa.func.regulars_call(sa.literal(sign, sa.Text()), *values)
        return sa.type_coerce(call, _plain_type(result))


def _plain_type(kind: ValueType) -> sa.types.TypeEngine[Any]:
    by_kind: dict[str, sa.types.TypeEngine[Any]] = {
        "number": sa.BigInteger(), "link": sa.BigInteger(), "date": columns.Day(),
        "datetime": columns.Instant(), "boolean": columns.Flag(),
    }  # fmt: skip
    return by_kind.get(kind.kind.value, sa.Text())
