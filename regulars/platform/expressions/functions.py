"""The functions of formulas: what they take, what they give, and how Python computes them.

`Function.bind` makes the computation for given argument and result types; it is called with a
moment and plain values. Unless ``passes_missing``, a missing argument makes the result missing.
The same computations serve SQLite through `sqlite_functions`; PostgreSQL has its own in
`postgres_functions`. ``regulars/locales/expressions`` holds a line of help per function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.expressions import numbers, texts, times, zones
from regulars.platform.expressions.types import (
    DATE,
    DATETIME,
    TEXT,
    Kind,
    Moment,
    ValueType,
    number,
)

Types = tuple[ValueType, ...]
Computation = Callable[..., Any]  # (moment, *plain values) -> plain value
Bind = Callable[[ValueType, Types], Computation]

_NUMBER = frozenset({Kind.NUMBER})
_TEXT = frozenset({Kind.TEXT})
_DATE = frozenset({Kind.DATE})
_WHEN = frozenset({Kind.DATE, Kind.DATETIME})


@dataclass(frozen=True)
class Param:
    """One argument. A constant one is written down, not computed, and is among ``choices``."""

    kinds: frozenset[Kind]
    is_constant: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Function:
    """One function. ``optional`` trailing arguments may be left out; the last may ``repeat``."""

    name: str
    params: tuple[Param, ...]
    result: Callable[[Types, tuple[Any, ...]], ValueType]
    bind: Bind
    optional: int = 0
    repeats: bool = False
    passes_missing: bool = False
    aligned: bool = field(default=False)  # all arguments are of one type, which is the result

    def param(self, position: int) -> Param:
        """The parameter an argument belongs to."""
        return self.params[min(position, len(self.params) - 1)]

    def takes(self, count: int) -> bool:
        """Whether it may be called with ``count`` arguments."""
        least = len(self.params) - self.optional
        return least <= count and (self.repeats or count <= len(self.params))


def simple(compute: Callable[..., Any]) -> Bind:
    """For computations that need neither types nor the moment."""
    return lambda _result, _types: lambda _moment, *values: compute(*values)


def with_scale(compute: Callable[..., Any]) -> Bind:
    """For computations on numbers that need the scale of the result."""

    def bind(result: ValueType, _types: Types) -> Computation:
        scale = result.scale
        return lambda _moment, *values: compute(*values, scale)

    return bind


def with_moment(compute: Callable[..., Any]) -> Bind:
    """For computations that need the zone, the start of the week or today."""
    return lambda _result, _types: compute


def always(result: ValueType) -> Callable[[Types, tuple[Any, ...]], ValueType]:
    """A result type that does not depend on the arguments."""
    return lambda _types, _constants: result


def _first_type(types: Types, _constants: tuple[Any, ...]) -> ValueType:
    return types[0]


def _round_type(types: Types, constants: tuple[Any, ...]) -> ValueType:
    digits = int(constants[1]) if len(constants) > 1 and constants[1] is not None else 0
    return number(max(0, min(digits, types[0].scale)))


def _bind_round(result: ValueType, _types: Types) -> Computation:
    return lambda _moment, value, digits=Decimal(0): numbers.round_to(
        value, min(int(digits), result.scale), result.scale
    )


def _rescale_type(_types: Types, constants: tuple[Any, ...]) -> ValueType:
    return number(int(constants[1] or 0))


def _bind_rescale(result: ValueType, _types: Types) -> Computation:
    return lambda _moment, value, _places: numbers.fit(value, result.scale)


def _bind_text(_result: ValueType, types: Types) -> Computation:
    if types[0].kind is Kind.NUMBER:
        places = types[0].scale
        return lambda _moment, value: texts.number_text(value, places)
    if types[0].kind is Kind.DATETIME:
        return _datetime_text
    if types[0].kind is Kind.DATE:
        return lambda _moment, value, pattern="YYYY-MM-DD": texts.date_text(value, pattern)
    return lambda _moment, value: str(value)


def _datetime_text(moment: Moment, value: datetime, pattern: str = "YYYY-MM-DD HH:mm") -> Any:
    shown = zones.wall_time(value, moment.zone)
    return None if shown is None else texts.date_text(shown, pattern)


def _date(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def _hour(moment: Moment, value: datetime) -> Decimal | None:
    shown = zones.wall_time(value, moment.zone)
    return None if shown is None else Decimal(shown.hour)


def _bind_date_add(result: ValueType, _types: Types) -> Computation:
    if result.kind is Kind.DATE:
        return lambda _moment, day, n, unit: times.add_units(day, _steps(n), unit)
    return lambda moment, at, n, unit: times.add_to_instant(at, _steps(n), unit, moment.zone)


MAX_STEPS = 4_000_000


def _steps(n: Decimal) -> int:
    return int(min(max(n, Decimal(-MAX_STEPS)), Decimal(MAX_STEPS)))


def _days_since(moment: Moment, day: date) -> Decimal:
    return Decimal((moment.today - day).days)


def _start_of(moment: Moment, day: date, unit: str) -> date:
    return times.start_of(day, unit, moment.week_start)


def _end_of(moment: Moment, day: date, unit: str) -> date | None:
    return times.end_of(day, unit, moment.week_start)


def _least(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: Any) -> Any:
    return max((value for value in values if value is not None), default=None)


def _part(pick: Callable[[date], int]) -> Bind:
    return simple(lambda day: Decimal(pick(day)))


def _join(*parts: str | None) -> str | None:
    return texts.join(parts)


def _months_between(first: date, last: date) -> Decimal:
    return Decimal(times.months_between(first, last))


_N, _T, _D = Param(_NUMBER), Param(_TEXT), Param(_DATE)
_WHOLE = number(0)
_PLACES = Param(_NUMBER, True, low=0, high=8)
_DIGITS = Param(_NUMBER, True, low=-6, high=8)
_UNIT = Param(_TEXT, True, times.UNITS)
_DAY_UNIT = Param(_TEXT, True, times.CALENDAR_UNITS)
_ORDERED = Param(frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME}))
_SHOWN = Param(frozenset({Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TEXT, Kind.CHOICE}))

# fmt: off
_OVER: dict[str, Any] = {"repeats": True, "passes_missing": True}
_ALL = (
    Function("ROUND", (_N, _DIGITS), _round_type, _bind_round, optional=1),
    Function("CEIL", (_N,), always(_WHOLE), simple(numbers.ceil)),
    Function("FLOOR", (_N,), always(_WHOLE), simple(numbers.floor)),
    Function("ABS", (_N,), _first_type, simple(abs)),
    Function("RESCALE", (_N, _PLACES), _rescale_type, _bind_rescale),
    Function("NEGATE", (_N,), _first_type, simple(lambda value: -value if value else value)),
    Function("MIN", (_ORDERED,), _first_type, simple(_least), **_OVER, aligned=True),
    Function("MAX", (_ORDERED,), _first_type, simple(_greatest), **_OVER, aligned=True),
    Function("CONCAT", (_T,), always(TEXT), simple(_join), **_OVER),
    Function("LEFT", (_T, _N), always(TEXT), simple(texts.left)),
    Function("RIGHT", (_T, _N), always(TEXT), simple(texts.right)),
    Function("MID", (_T, _N, _N), always(TEXT), simple(texts.middle)),
    Function("LEN", (_T,), always(_WHOLE), simple(lambda text: Decimal(len(text)))),
    Function("UPPER", (_T,), always(TEXT), simple(texts.upper)),
    Function("LOWER", (_T,), always(TEXT), simple(texts.lower)),
    Function("TRIM", (_T,), always(TEXT), simple(texts.trim)),
    Function("REPLACE", (_T, _T, _T), always(TEXT), simple(texts.replace), passes_missing=True),
    Function("TEXT", (_SHOWN, Param(_TEXT, True)), always(TEXT), _bind_text, optional=1),
    Function("VALUE", (_T,), always(number(texts.VALUE_SCALE)), simple(texts.value)),
    Function("TODAY", (), always(DATE), with_moment(lambda moment: moment.today)),
    Function("NOW", (), always(DATETIME), with_moment(lambda moment: moment.now)),
    Function("DATE", (_N, _N, _N), always(DATE), simple(_date)),
    Function("YEAR", (_D,), always(_WHOLE), _part(lambda day: day.year)),
    Function("MONTH", (_D,), always(_WHOLE), _part(lambda day: day.month)),
    Function("DAY", (_D,), always(_WHOLE), _part(lambda day: day.day)),
    Function("WEEKDAY", (_D,), always(_WHOLE), _part(lambda day: day.isoweekday())),
    Function("HOUR", (Param(frozenset({Kind.DATETIME})),), always(_WHOLE), with_moment(_hour)),
    Function("DATEADD", (Param(_WHEN), _N, _UNIT), _first_type, _bind_date_add),
    Function("DAYS_SINCE", (_D,), always(_WHOLE), with_moment(_days_since)),
    Function("DAYS_BETWEEN", (_D, _D), always(_WHOLE), simple(lambda a, b: Decimal((b - a).days))),
    Function("MONTHS_BETWEEN", (_D, _D), always(_WHOLE), simple(_months_between)),
    Function("STARTOF", (_D, _DAY_UNIT), always(DATE), with_moment(_start_of)),
    Function("ENDOF", (_D, _DAY_UNIT), always(DATE), with_moment(_end_of)),
)
# fmt: on

FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}
CONDITIONAL = ("IF", "IFS", "SWITCH", "COALESCE")  # their branches are only computed when needed
MOMENT_FUNCTIONS = frozenset({"TODAY", "NOW", "DAYS_SINCE"})
VOLATILE = "RANDOM_CODE"
INTERNAL = frozenset({"NEGATE", "RESCALE"})  # written as a sign, or only by ourselves

ARITHMETIC: Mapping[str, Bind] = {
    "+": with_scale(numbers.add),
    "-": with_scale(numbers.subtract),
    "*": with_scale(numbers.multiply),
    "/": with_scale(numbers.divide),
    "%": with_scale(numbers.modulo),
    "^": with_scale(lambda base, exponent, scale: numbers.power(base, int(exponent), scale)),
}


def arithmetic_scale(op: str, left: ValueType, right: ValueType, exponent: int = 1) -> int:
    """The scale of the result of ``left op right``."""
    if op == "*":
        return min(left.scale + right.scale, numbers.MAX_SCALE)
    if op == "/":
        return numbers.DIVISION_SCALE
    if op == "^":
        return min(left.scale * max(exponent, 1), numbers.MAX_SCALE)
    return max(left.scale, right.scale)
