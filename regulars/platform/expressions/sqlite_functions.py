"""SQLite's share of the functions: the very computations of Python, called from SQL.

`install` adds to a connection: ``regulars_call(signature, …)`` for one function or operator,
``regulars_formula(…, signature)`` for many at once (see `fusing`),
``regulars_fold(text)``, the aggregate ``regulars_sum`` and ``regulars_join`` for sums in halves.
Numbers come and go as scaled integers, days as days since 1970, instants as microseconds, as the
columns hold them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from regulars.platform.expressions import numbers, zones
from regulars.platform.expressions.check import Checker
from regulars.platform.expressions.evaluate import Context, compile_python_value
from regulars.platform.expressions.formula import parse_unlimited
from regulars.platform.expressions.functions import ARITHMETIC, FUNCTIONS, Function
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.times import same_day_of_year
from regulars.platform.expressions.types import Kind, LeapDay, Moment, ValueType

_CODES = {
    Kind.TEXT: "t", Kind.CHOICE: "t", Kind.NUMBER: "n", Kind.BOOLEAN: "b", Kind.DATE: "d",
    Kind.DATETIME: "i", Kind.LINK: "l", Kind.MISSING: "t",
}  # fmt: skip
_KINDS = {
    "t": Kind.TEXT, "n": Kind.NUMBER, "b": Kind.BOOLEAN, "d": Kind.DATE, "i": Kind.DATETIME,
    "l": Kind.LINK,
}  # fmt: skip
EXTRA = ("LOCAL_DAY", "SAME_DAY", "COMPARE", "RESCALE")


def signature(name: str, args: Sequence[ValueType], result: ValueType, moment: Moment) -> str:
    """What ``regulars_call`` needs to know beside the values."""
    codes = ",".join(f"{_CODES[arg.kind]}{arg.scale}" for arg in args)
    returned = f"{_CODES[result.kind]}{result.scale}"
    return f"{name}|{codes}|{returned}|{_time_words(moment)}"


def _time_words(moment: Moment) -> str:
    """What a moment is besides now and me, as signatures say it; `_moment` reads it."""
    return f"{moment.zone.key}|{moment.week_start}|{moment.leap_day}"


def _moment(zone: str, week_start: str, leap_day: str) -> Moment:
    return Moment(zones.EPOCH, ZoneInfo(zone), int(week_start), leap_day=cast("LeapDay", leap_day))


def install(connection: sqlite3.Connection) -> None:
    """Teach one connection the functions that compiled expressions call."""
    connection.create_function("regulars_call", -1, _call, deterministic=True)
    connection.create_function("regulars_formula", -1, _formula, deterministic=True)
    connection.create_function("regulars_fold", 1, _fold, deterministic=True)
    connection.create_function("regulars_join", 2, _join, deterministic=True)
    connection.create_aggregate("regulars_sum", 1, _Sum)  # type: ignore[arg-type]


def _call(name: str, *values: Any) -> Any:
    return _computation(name)(*values)


def formula_signature(
    text: str, parts: Sequence[ValueType], result: ValueType, moment: Moment
) -> str:
    """What ``regulars_formula`` needs to know beside the values of ``a0``, ``a1`` …."""
    codes = ",".join(
        f"{kind.kind}:{kind.scale}:{kind.exact:d}:{kind.form or ''}" for kind in parts
    )
    returned = f"{_CODES[result.kind]}{result.scale}"
    return f"{codes}|{returned}|{_time_words(moment)}|{text}"


def _formula(*given: Any) -> Any:
    """The last argument is the signature: SQLite's parser nests deeper in the first ones."""
    return _fused(given[-1])(given[:-1])


@lru_cache(maxsize=2048)
def _fused(name: str) -> Callable[[Sequence[Any]], Any]:
    codes, returned, zone, week_start, leap_day, text = name.split("|", 5)
    kinds = [_part_type(code) for code in codes.split(",") if code]
    names = [f"a{place}" for place in range(len(kinds))]
    fields = {key: FieldShape(key, kind) for key, kind in zip(names, kinds, strict=True)}
    form = FormShape("", fields)
    shapes = Shapes({"": form})
    tree = Checker(shapes).visit(parse_unlimited(text), form)
    evaluate = compile_python_value(tree, shapes)
    context = Context(_moment(zone, week_start, leap_day))
    decoders, encode = [_decoder(kind) for kind in kinds], _encoder(_type(returned))

    def run(given: Sequence[Any]) -> Any:
        row = {
            key: None if value is None else decode(value)
            for key, decode, value in zip(names, decoders, given, strict=True)
        }
        found = evaluate(row, context)
        return None if found is None else encode(found)

    return run


def _part_type(code: str) -> ValueType:
    kind, scale, exact, form = code.split(":", 3)
    return ValueType(Kind(kind), int(scale), form or None, exact=exact == "1")


def _fold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _join(high: int | None, low: int | None) -> int | None:
    """A sum from the sums of its upper and lower 32 bits, neither of which can overflow."""
    if high is None or low is None:
        return None
    total = high * 2**32 + low
    return total if abs(total) <= numbers.LIMIT else OVERFLOW


class _Sum:
    """A sum that is missing, instead of an error or a float, when it does not fit."""

    def __init__(self) -> None:
        self.total: int | None = None

    def step(self, value: int | None) -> None:
        """Add one row."""
        if value is not None:
            self.total = (self.total or 0) + value

    def finalize(self) -> int | None:
        """The sum; missing without rows."""
        if self.total is None or abs(self.total) > numbers.LIMIT:
            return None if self.total is None else OVERFLOW
        return self.total


OVERFLOW = -(2**63)  # never a value: scaled numbers keep to ±(2^63 - 1)


@lru_cache(maxsize=4096)
def _computation(name: str) -> Callable[..., Any]:
    function, codes, returned, *times = name.split("|")
    args = tuple(_type(code) for code in codes.split(",") if code)
    result = _type(returned)
    quick = _on_units(function, args, result)
    if quick is not None:
        return quick
    moment = _moment(*times)
    compute, passes_missing = _bound(function, args, result)
    decoders = [_decoder(each) for each in args]
    encode = _encoder(result)

    def run(*values: Any) -> Any:
        if not passes_missing and None in values:
            return None
        plain = [
            None if value is None else decode(value)
            for decode, value in zip(decoders, values, strict=True)
        ]
        found = compute(moment, *plain)
        return None if found is None else encode(found)

    return run


def _on_units(
    name: str, args: tuple[ValueType, ...], result: ValueType
) -> Callable[..., int | None] | None:
    """Sums, differences and products straight on scaled integers; None for anything else.

    The same numbers as by way of decimals, in a quarter of the time: a report calls this per row.
    """
    if name not in ("+", "-", "*") or any(each.kind is not Kind.NUMBER for each in args):
        return None
    left, right = (each.scale for each in args)
    surplus = 10 ** max(left + right - result.scale, 0)
    first, second = 10 ** max(result.scale - left, 0), 10 ** max(result.scale - right, 0)
    if name == "-":
        second = -second

    def product(a: int | None, b: int | None) -> int | None:
        if a is None or b is None:
            return None
        return _fitting(a * b if surplus == 1 else numbers.round_ratio(a * b, surplus))

    def total(a: int | None, b: int | None) -> int | None:
        return None if a is None or b is None else _fitting(a * first + b * second)

    return product if name == "*" else total


def _type(code: str) -> ValueType:
    return ValueType(_KINDS[code[0]], scale=int(code[1:]))


def _bound(name: str, args: tuple[ValueType, ...], result: ValueType) -> tuple[Any, bool]:
    if name in ARITHMETIC:
        return ARITHMETIC[name](result, args), False
    if name in EXTRA:
        return _EXTRA[name], False
    function: Function = FUNCTIONS[name]
    return function.bind(result, args), function.passes_missing


def _compare(_moment: Moment, left: Decimal, right: Decimal) -> Decimal:
    return Decimal((left > right) - (left < right))


def _local_day(moment: Moment, instant: datetime) -> date | None:
    return zones.local_day(instant, moment.zone)


def _same_day(moment: Moment, day: date, reference: date) -> bool:
    return same_day_of_year(day, reference, moment.leap_day)


_EXTRA: dict[str, Callable[..., Any]] = {
    "LOCAL_DAY": _local_day,
    "SAME_DAY": _same_day,
    "COMPARE": _compare,
    "RESCALE": lambda _moment, value: value,
}


def _decoder(kind: ValueType) -> Callable[[Any], Any]:
    if kind.kind is Kind.NUMBER:
        scale = kind.scale
        return lambda value: Decimal(value).scaleb(-scale)
    if kind.kind is Kind.DATE:
        return lambda value: date.fromordinal(value + zones.EPOCH_DAY)
    if kind.kind is Kind.DATETIME:
        return zones.instant_at
    return bool if kind.kind is Kind.BOOLEAN else lambda value: value


def _encoder(kind: ValueType) -> Callable[[Any], Any]:
    if kind.kind is Kind.NUMBER:
        return lambda value: _fitting(numbers.scaled(value, kind.scale))
    if kind.kind is Kind.DATE:
        return lambda value: value.toordinal() - zones.EPOCH_DAY
    if kind.kind is Kind.DATETIME:
        return zones.microseconds
    return int if kind.kind is Kind.BOOLEAN else lambda value: value


def _fitting(units: int) -> int | None:
    return units if -numbers.LIMIT <= units <= numbers.LIMIT else None
