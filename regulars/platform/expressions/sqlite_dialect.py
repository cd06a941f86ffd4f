"""The dialect of SQLite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions import sqlite_functions
from regulars.platform.expressions.sql_template import Template, is_column, is_plain
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    Kind,
    Moment,
    ValueType,
    number,
)

Element = sa.ColumnElement[Any]
Typed = tuple[Element, ValueType]


class Native(Template):
    """A number that SQLite computes by itself, so that mentioning it twice is cheap."""

    inherit_cache = True


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

    def compare_scales(
        self, test: Callable[[Any, Any], Any], left: Typed, right: Typed, moment: Moment
    ) -> Element:
        order = self.function("COMPARE", [left, right], number(), moment)
        return test(order, sa.literal(0, sa.BigInteger()))  # type: ignore[no-any-return]

    def rescale(
        self, value: Element, found: ValueType, wanted: ValueType, moment: Moment
    ) -> Element:
        return self.function("RESCALE", [(value, found)], wanted, moment)

    def total(self, value: Element) -> Element:
        if is_column(
            value
        ):  # stored numbers do not overflow the native sum, the fastest of the three
            return sa.func.sum(value, type_=sa.BigInteger())
        if isinstance(value, Native):
            words = "regulars_join(sum({0} >> 32), sum({0} & 4294967295))"
            return Template(words, sa.BigInteger(), value)
        return sa.func.regulars_sum(value, type_=sa.BigInteger())

    def sum_or_zero(self, total: Element) -> Element:
        found = sa.func.coalesce(total, sa.literal(0, sa.BigInteger()))
        return sa.func.nullif(found, _OVERFLOW)

    def average(self, total: Element, count: Element, scale: int, moment: Moment) -> Element:
        known = sa.func.nullif(total, _OVERFLOW)
        typed = [(known, number(scale)), (count, number())]
        return self.function("/", typed, number(6), moment)

    def mentions_twice(self, name: str) -> bool:
        return False

    def formula(
        self, text: str, parts: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element | None:
        kinds = [kind for _, kind in parts]
        sign = sqlite_functions.formula_signature(text, kinds, result, moment)
        listed = ", ".join(f"{{{place}}}" for place in range(len(parts) + 1))
        values = [value for value, _ in parts]
        words = f"regulars_formula({listed})"
        return Template(words, _plain_type(result), *values, sa.literal(sign, sa.Text()))

    def function(
        self, name: str, args: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element:
        sign = sqlite_functions.signature(name, [kind for _, kind in args], result, moment)
        values = [value for value, _ in args]
        listed = ", ".join(f"{{{place}}}" for place in range(len(values) + 1))
        kind = _plain_type(result)
        found = Template(f"regulars_call({listed})", kind, sa.literal(sign, sa.Text()), *values)
        limit = _native_limit(name, args, result)
        if limit is None:
            return found
        small = f"abs({{0}}) < {limit} and abs({{1}}) < {limit}"
        words = f"(case when {small} then {{0}} {name} {{1}} else {{2}} end)"
        return Native(words, sa.BigInteger(), *values, found)


_OVERFLOW = sa.literal(sqlite_functions.OVERFLOW, sa.BigInteger())


def _native_limit(name: str, args: Sequence[Typed], result: ValueType) -> int | None:
    """Below this both sides can be computed by SQLite itself; None when they never can."""
    if name not in ("+", "-", "*") or not all(is_plain(value) for value, _ in args):
        return None
    scales = [kind.scale for _, kind in args]
    if name == "*":
        return 3_037_000_499 if sum(scales) == result.scale else None
    return 2**62 if set(scales) == {result.scale} else None


def _plain_type(kind: ValueType) -> sa.types.TypeEngine[Any]:
    plain: dict[Kind, sa.types.TypeEngine[Any]] = {
        Kind.NUMBER: sa.BigInteger(),
        Kind.LINK: sa.BigInteger(),
        Kind.DATE: columns.Day(),
        Kind.DATETIME: columns.Instant(),
        Kind.BOOLEAN: columns.Flag(),
    }
    return plain.get(kind.kind, sa.Text())
