"""Every function and operator in PostgreSQL's own words, equal to the computations of Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions import postgres as pg
from regulars.platform.expressions import texts, times
from regulars.platform.expressions.functions import MAX_STEPS
from regulars.platform.expressions.sql_template import Template
from regulars.platform.expressions.types import Kind, LeapDay, Moment, ValueType

Element = sa.ColumnElement[Any]
Typed = tuple[Element, ValueType]
Build = Callable[[Sequence[Typed], ValueType, Moment], Element]
_CUT = f"nullif(left({{}}, {texts.MAX_TEXT_RESULT}), '')"
_MOST = texts.MAX_TEXT_RESULT + 1
_LONG = 50  # characters
_DAYS = f"date '{times.EARLIEST}' and date '{times.LATEST}'"


def _sum(sign: str) -> Build:
    def build(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
        left, right = _aligned(args, result)
        return pg.scaled_number(f"({left} {sign} {right})", *_values(args))

    return build


def _values(args: Sequence[Typed]) -> list[Element]:
    return [value for value, _ in args]


def _aligned(args: Sequence[Typed], result: ValueType) -> list[str]:
    """Words for the arguments, all with the scale of the result."""
    return [
        f"{{{place}}}::numeric{pg.times(result.scale - kind.scale)}"
        for place, (_, kind) in enumerate(args)
    ]


def _multiply(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    places = result.scale - args[0][1].scale - args[1][1].scale
    words = f"round({{0}}::numeric * {{1}}::numeric{pg.times(places)})"
    return pg.scaled_number(words, *_values(args))


def _divide(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    places = result.scale + args[1][1].scale - args[0][1].scale
    words = pg.division("{0}::numeric", "{1}::numeric", places)
    return pg.scaled_number(words, *_values(args))


def _modulo(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    """The remainder with the sign of the divisor; PostgreSQL's own has that of the dividend."""
    left, right = _aligned(args, result)
    divisor = f"nullif({right}, 0)"
    return pg.scaled_number(f"mod(mod({left}, {divisor}) + {right}, {divisor})", *_values(args))


def _power(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    kind, exponent = args[0][1], int(_constant(args[1]))
    places = result.scale - kind.scale * exponent
    words = f"round(round(power({{0}}::numeric, {exponent}::numeric)){pg.times(places)})"
    return pg.scaled_number(words, args[0][0])


def _constant(typed: Typed) -> Any:
    """A checked literal argument: bound as a scaled number, or as text."""
    element, kind = typed
    assert isinstance(element, sa.BindParameter)
    value = element.value
    return value / 10**kind.scale if kind.kind is Kind.NUMBER and kind.scale else value


def _round(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    value, kind = args[0]
    digits = min(int(_constant(args[1])), result.scale) if len(args) > 1 else 0
    coarse = f"round({{0}}::numeric{pg.times(digits - kind.scale)})"
    return pg.scaled_number(f"{coarse}{pg.times(result.scale - digits)}", value)


def _rescale(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    value, kind = args[0]
    return pg.scaled_number(f"round({{0}}::numeric{pg.times(result.scale - kind.scale)})", value)


def _whole_number(name: str) -> Build:
    def build(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
        value, kind = args[0]
        return pg.scaled_number(f"{name}({{0}}::numeric{pg.times(-kind.scale)})", value)

    return build


def _words(words: str, kind: sa.types.TypeEngine[Any]) -> Build:
    """A function that is one piece of SQL over its arguments."""
    return lambda args, _result, _moment: Template(words, kind, *_values(args))


def _extreme(name: str) -> Build:
    """MIN and MAX of several values; missing ones do not count."""

    def build(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
        listed = ", ".join(f"{{{place}}}" for place in range(len(args)))
        return Template(f"{name}({listed})", args[0][0].type, *_values(args))

    return build


def _concat(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    listed = ", ".join(f"{{{place}}}" for place in range(len(args)))
    return Template(_CUT.format(f"concat({listed})"), pg.TEXT, *_values(args))


def _count(place: int, typed: Typed, low: int = 0) -> str:
    """Words for a number as a count of characters."""
    return pg.whole(f"{{{place}}}", -typed[1].scale, low, _MOST)


def _side(name: str) -> Build:
    def build(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
        words = f"nullif({name}({{0}}, {_count(1, args[1])}), '')"
        return Template(words, pg.TEXT, *_values(args))

    return build


def _middle(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    is_there = f"{{1}}::numeric{pg.times(-args[1][1].scale)} >= 1"
    begins = f"(case when {is_there} then {_count(1, args[1], 1)} end)"
    words = f"nullif(substr({{0}}, {begins}, {_count(2, args[2])}), '')"
    return Template(words, pg.TEXT, *_values(args))


def _letters(position: int) -> Build:
    def build(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
        return translated(args[0][0], texts.case_tables()[position])

    return build


def translated(text: Element, table: dict[int, str]) -> Element:
    """Letters replaced one by one."""
    source, target = "".join(map(chr, table)), "".join(table.values())
    return Template("translate({0}, {1}, {2})", pg.TEXT, text, source, target)


def folded(text: Element) -> Element:
    """`str.casefold`: the few letters that become several by replacing, the rest one by one."""
    single, several = texts.fold_tables()
    spelled = "{0}"
    for place in range(3, 3 + 2 * len(several), 2):
        spelled = f"replace({spelled}, {{{place}}}, {{{place + 1}}})"
    plain = "translate({0}, {1}, {2})"
    args = [part for code, letters in several.items() for part in (chr(code), letters)]
    wide = Template(
        f"(case when {plain} = {{0}} then {{0}} else {spelled} end)",
        pg.TEXT, text, "".join(map(chr, several)), sa.literal("", sa.Text()), *args,
    )  # fmt: skip
    return translated(wide, single)


def _trim(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    return Template("nullif(btrim({0}, {1}), '')", pg.TEXT, args[0][0], texts.SPACES)


def _replace(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    """A long replacement goes in only as often as its result is kept, so no text grows freely."""
    pieces = f"[1:{texts.MAX_TEXT_RESULT} / length({{2}}) + 2]"
    often = f"array_to_string((string_to_array({{0}}, coalesce({{1}}, ''))){pieces}, {{2}})"
    plain = "replace({0}, coalesce({1}, ''), coalesce({2}, ''))"
    words = _CUT.format(f"case when length({{2}}) > {_LONG} then {often} else {plain} end")
    return Template(words, pg.TEXT, *_values(args))


def _to_text(args: Sequence[Typed], _result: ValueType, moment: Moment) -> Element:
    value, kind = args[0]
    if kind.kind is Kind.NUMBER:
        return Template(f"((round({{0}}::numeric){pg.times(-kind.scale)})::text)", pg.TEXT, value)
    if kind.kind in (Kind.DATE, Kind.DATETIME):
        return _date_text(args, moment)
    return value


def _date_text(args: Sequence[Typed], moment: Moment) -> Element:
    value, kind = args[0]
    is_instant = kind.kind is Kind.DATETIME
    pattern = "YYYY-MM-DD HH:mm" if is_instant else "YYYY-MM-DD"
    if len(args) > 1:
        pattern = str(_constant(args[1]))
    fields = {"YYYY": ("year", 4), "MM": ("month", 2), "DD": ("day", 2)}
    if is_instant:
        fields |= {"HH": ("hour", 2), "mm": ("minute", 2)}
    words, between = [], []
    for piece in texts.pattern_pieces(pattern):
        if piece in fields:
            name, width = fields[piece]
            words.append(f"lpad(extract({name} from {{0}})::integer::text, {width}, '0')")
        else:
            between.append(piece)
            words.append(f"{{{len(between)}}}")
    shown = pg.wall(value, moment) if is_instant else value
    said = f"nullif({' || '.join(words)}, '')"
    if all(piece not in fields for piece in texts.pattern_pieces(pattern)):
        said = f"case when {{0}} is not null then {said} end"  # the words alone say no date
    return Template(said, pg.TEXT, shown, *between)


def _value(args: Sequence[Typed], result: ValueType, _moment: Moment) -> Element:
    bare = "btrim({0}, {1})"
    shown = f"(case when {bare} ~ {{2}} then {bare}::numeric end)"
    words = f"round({shown}{pg.times(result.scale)})"
    return pg.scaled_number(words, args[0][0], texts.SPACES, texts.NUMBER_TEXT)


def _date(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    """make_date fails for 30 February, so the first of the month is moved and looked at."""
    year, month, day = (
        f"trunc({{{place}}}::numeric{pg.times(-kind.scale)})"
        for place, (_, kind) in enumerate(args)
    )
    found = f"(make_date({year}::integer, {month}::integer, 1) + ({day}::integer - 1))"
    possible = f"{year} between 1 and 9999 and {month} between 1 and 12 and {day} between 1 and 31"
    inner = f"case when extract(month from {found}) = {month} then {found} end"
    return Template(f"(case when {possible} then {inner} end)", columns.Day(), *_values(args))


def _part(name: str) -> Build:
    return _words(f"(extract({name} from {{0}})::bigint)", pg.BIG)


def _hour(args: Sequence[Typed], _result: ValueType, moment: Moment) -> Element:
    return Template("(extract(hour from {0})::bigint)", pg.BIG, pg.wall(args[0][0], moment))


_MOST_STEPS = {"week": 600_000, "month": 130_000, "quarter": 45_000, "year": 11_000}


def _date_add(args: Sequence[Typed], result: ValueType, moment: Moment) -> Element:
    value, (steps, kind), unit = args[0][0], args[1], str(_constant(args[2]))
    most = _MOST_STEPS.get(unit, MAX_STEPS)
    n = Template(pg.whole("{0}", -kind.scale, -most, most), pg.INTEGER, steps)
    if result.kind is Kind.DATE:
        return Template(pg.moved("{0}", "{1}", unit), columns.Day(), value, n)
    if unit in ("minute", "hour"):
        name = "hours" if unit == "hour" else "mins"
        words = f"({{0}} + make_interval({name} => {{1}}))"
        return _kept_instant(Template(words, pg.TIMESTAMP, value, n))
    words = f"({pg.moved('{0}::date', '{1}', unit)} + {{0}}::time)"
    there = Template(words, pg.WALL, pg.wall(value, moment), n)
    return _kept_instant(pg.instant_of(there, moment))


def _kept_instant(value: Element) -> Element:
    words = f"(case when timezone('UTC', {{0}})::date between {_DAYS} then {{0}} end)"
    return Template(words, columns.Instant(), value)


def _months_between(args: Sequence[Typed], _result: ValueType, _moment: Moment) -> Element:
    forth, back = _months("{0}", "{1}"), _months("{1}", "{0}")
    words = f"(case when {{0}} <= {{1}} then {forth} else -({back}) end)"
    return Template(words, pg.BIG, *_values(args))


def _months(first: str, last: str) -> str:
    def part(name: str, day: str) -> str:
        return f"extract({name} from {day})::bigint"

    years = f"({part('year', last)} - {part('year', first)})"
    count = f"({years} * 12 + {part('month', last)} - {part('month', first)})"
    inside = f"{part('month', f'({last} + 1)')} = {part('month', last)}"
    is_short = f"{part('day', first)} > {part('day', last)} and {inside}"
    return f"{count} - (case when {is_short} then 1 else 0 end)"


def _start(unit: str, moment: Moment) -> str:
    """Words for the first day of the unit that ``{0}`` is in."""
    if unit == "day":
        return "{0}"
    if unit == "week":
        back = f"mod(extract(isodow from {{0}})::integer + {6 - moment.week_start}, 7)"
        return (
            f"(case when {{0}} is not null then greatest({{0}} - {back}, date '0001-01-01') end)"
        )
    return f"(date_trunc('{unit}', {{0}}::timestamp)::date)"


def _start_of(args: Sequence[Typed], _result: ValueType, moment: Moment) -> Element:
    return Template(_start(str(_constant(args[1])), moment), columns.Day(), args[0][0])


def _end_of(args: Sequence[Typed], _result: ValueType, moment: Moment) -> Element:
    unit = str(_constant(args[1]))
    following = pg.moved(_start(unit, moment), "1", unit)
    return Template(f"({following} - 1)", columns.Day(), args[0][0])


def same_day(day: Element, reference: Element, leap_day: LeapDay) -> Element:
    """`times.same_day_of_year`."""
    shown = "extract(month from {0}) * 100 + extract(day from {0})"
    other = shown.replace("{0}", "{1}")
    common = {
        "before": f"{other} = 228 and extract(day from {{1}} + 1) = 1",
        "after": f"{other} = 301 and extract(day from {{1}} - 1) = 28",
    }
    leap = f"{shown} = 229 and {common[leap_day]}"
    return Template(f"({shown} = {other} or {leap})", sa.Boolean(), day, reference)


MENTIONS_TWICE = frozenset({
    "%", "DATEADD", "MONTHS_BETWEEN", "STARTOF", "ENDOF", "DATE", "HOUR", "TEXT", "LEFT", "RIGHT",
    "MID", "VALUE", "FOLD", "LOCAL_DAY", "SAME_DAY", "REPLACE",
})  # fmt: skip
"""These write an argument several times; a computed one is held by a subquery first."""

FUNCTIONS: dict[str, Build] = {
    "+": _sum("+"),
    "-": _sum("-"),
    "*": _multiply,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "ROUND": _round,
    "CEIL": _whole_number("ceil"),
    "FLOOR": _whole_number("floor"),
    "ABS": _words("abs({0})", pg.BIG),
    "RESCALE": _rescale,
    "NEGATE": _words("(-({0}))", pg.BIG),
    "MIN": _extreme("least"),
    "MAX": _extreme("greatest"),
    "CONCAT": _concat,
    "LEFT": _side("left"),
    "RIGHT": _side("right"),
    "MID": _middle,
    "LEN": _words("(length({0})::bigint)", pg.BIG),
    "UPPER": _letters(0),
    "LOWER": _letters(1),
    "TRIM": _trim,
    "REPLACE": _replace,
    "TEXT": _to_text,
    "VALUE": _value,
    "DATE": _date,
    "YEAR": _part("year"),
    "MONTH": _part("month"),
    "DAY": _part("day"),
    "WEEKDAY": _part("isodow"),
    "HOUR": _hour,
    "DATEADD": _date_add,
    "DAYS_BETWEEN": _words("(({1} - {0})::bigint)", pg.BIG),
    "MONTHS_BETWEEN": _months_between,
    "STARTOF": _start_of,
    "ENDOF": _end_of,
}
"""TODAY and NOW are constants, DAYS_SINCE is written as DAYS_BETWEEN by the compiler."""
