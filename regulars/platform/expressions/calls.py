"""What a call in formula text becomes: a leaf, an aggregate, a condition or a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from regulars.platform.expressions.functions import CONDITIONAL, FUNCTIONS, INTERNAL, VOLATILE
from regulars.platform.expressions.operators import AGGREGATE_NAMES
from regulars.platform.expressions.times import CALENDARS, EXACT_UNITS, UNITS
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    LinkKey,
    Literal,
    Many,
    Node,
    Not,
    Path,
    Relative,
    Span,
    Window,
)
from regulars.platform.problems import Problem

MAX_PERIOD = 100_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}")


class FormulaError(ValueError):
    """A formula that cannot be read: ``code`` (words at ``problems.<code>``) and where."""

    def __init__(self, code: str, position: int, **params: Any) -> None:
        super().__init__(f"{code} at {position}")
        self.code = code
        self.position = position
        self.params = params

    def problem(self, path: str = "") -> Problem:
        """The same as a problem; ``column`` counts from 1."""
        return Problem(path, self.code, {**self.params, "column": self.position + 1})


@dataclass(frozen=True)
class Clause:
    """``BY …`` or ``WHERE …`` inside an aggregate."""

    word: str
    item: Node
    at: int


Args = tuple[Node, ...]


@dataclass(frozen=True)
class _Surface:
    """A name that becomes a node of its own: how many arguments, and how to build it."""

    least: int
    most: int
    build: Callable[[Args], Node]


def plain(value: Decimal) -> Decimal:
    """The number without trailing zeros after the point: 5.00 and 5 are written alike."""
    bare = value.normalize()
    exponent = bare.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        bare = bare.quantize(Decimal(1))
    return bare if bare else Decimal(0)


def build(name: str, arguments: Sequence[Node | Clause], suffix: tuple[str, ...], at: int) -> Node:
    """The node of ``name(arguments).suffix``; FormulaError when there is none."""
    if name in AGGREGATE_NAMES:
        return _aggregate(name, arguments, suffix, at)
    if suffix:
        raise FormulaError("formula-no-field-of-call", at, name=name)
    for each in arguments:
        if isinstance(each, Clause):
            raise FormulaError("formula-clause-misplaced", each.at, word=each.word)
    args = tuple(each for each in arguments if isinstance(each, Node))
    node = _special(name, args, at)
    return _placed(node, at)


def _special(name: str, args: Args, at: int) -> Node:
    if name == "DATEADD" and (moved := _relative(args)) is not None:
        return moved
    if name in SURFACES:
        surface = SURFACES[name]
        if not surface.least <= len(args) <= surface.most:
            raise _wrong_count(name, surface.least, surface.most, at)
        return surface.build(args)
    if name in FUNCTIONS or name in CONDITIONAL or name == VOLATILE:
        return Call(name, args)
    near = get_close_matches(name, known_names(), n=1, cutoff=0.6)
    code = "unknown-function-near" if near else "unknown-function"
    raise FormulaError(code, at, name=name[:40], near=near[0] if near else "")


def _placed(node: Node, at: int) -> Node:
    object.__setattr__(node, "at", at)  # freshly made here; nobody else has seen it
    return node


def _wrong_count(name: str, least: int, most: int, at: int) -> FormulaError:
    code = "formula-argument-count" if least == most else "formula-argument-range"
    return FormulaError(code, at, name=name, least=least, most=most, n=least)


def _aggregate(
    name: str, arguments: Sequence[Node | Clause], suffix: tuple[str, ...], at: int
) -> Node:
    plain_args = [each for each in arguments if isinstance(each, Node)]
    clauses: dict[str, Node] = {}
    for each in arguments:
        if isinstance(each, Clause):
            if each.word in clauses:
                raise FormulaError("formula-clause-twice", each.at, word=each.word)
            clauses[each.word] = each.item
    if not plain_args or not isinstance(plain_args[0], Path) or len(plain_args) > 2:
        raise FormulaError("formula-needs-rows", at, name=name)
    value = plain_args[1] if len(plain_args) == 2 else None
    if suffix:
        if value is not None or name not in ("FIRST", "LAST"):
            raise FormulaError("formula-no-field-of-call", at, name=name)
        value = Path(suffix, at=at)
    if "BY" in clauses and name not in ("FIRST", "LAST"):
        raise FormulaError("formula-clause-misplaced", clauses["BY"].at, word="BY")
    return Aggregate(
        AGGREGATE_NAMES[name], plain_args[0], value, clauses.get("BY"), clauses.get("WHERE"), at=at
    )


def _relative(args: Args) -> Node | None:
    """``DATEADD(TODAY(), -30, "day")`` is the relative day of the condition editor."""
    if len(args) != 3 or not isinstance(args[0], Call) or args[0].args:
        return None
    n, unit = _whole(args[1]), _word(args[2])
    if n is None or unit not in UNITS or abs(n) > MAX_PERIOD:
        return None
    start = "NOW" if unit in EXACT_UNITS else "TODAY"
    return Relative(n, unit) if args[0].name == start else None


def _whole(node: Node) -> int | None:
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 10**9:
        return int(value)
    return None


def _word(node: Node) -> str | None:
    value = node.value if isinstance(node, Literal) else None
    return value if isinstance(value, str) else None


def _period(args: Args, name: str) -> tuple[int, str]:
    n, unit = _whole(args[1]), _word(args[2])
    if n is None or not 0 <= n <= MAX_PERIOD:
        raise FormulaError("bad-period", args[1].at, limit=MAX_PERIOD)
    if unit not in UNITS:
        raise FormulaError("unknown-unit", args[2].at, unit=str(unit)[:40])
    return n, unit


def _within(kind: str) -> Callable[[Args], Node]:
    def build_window(args: Args) -> Node:
        n, unit = _period(args, kind)
        return Compare("within", args[0], Window(kind, n=n, unit=unit))

    return build_window


def _older_than(args: Args) -> Node:
    n, unit = _period(args, "OLDER_THAN")
    return Compare("older_than", args[0], Span(n, unit))


def _in_period(args: Args) -> Node:
    name = _word(args[1])
    if name not in CALENDARS:
        raise FormulaError("unknown-calendar-period", args[1].at, name=str(name)[:40])
    return Compare("within", args[0], Window("calendar", name=name))


def _in_range(args: Args) -> Node:
    start, end = (None if _is_blank(each) else each for each in args[1:])
    return Compare("within", args[0], Window("range", start=start, end=end))


def _is_blank(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is None


def _same_day(args: Args) -> Node:
    return Compare("same_day_of_year", args[0], args[1] if len(args) > 1 else Relative(0, "day"))


def _or_none(args: Args) -> Node:
    leaf = args[0]
    if not isinstance(leaf, Compare):
        raise FormulaError("formula-or-none-needs-comparison", leaf.at)
    return Compare(leaf.op, leaf.left, leaf.right, True)


def _consent(args: Args) -> Node:
    purpose, channel = _word(args[0]), _word(args[1])
    if not purpose or not channel:
        raise FormulaError("formula-consent-words", args[0].at)
    of = args[2] if len(args) > 2 else Path(())
    if not isinstance(of, Path):
        raise FormulaError("formula-consent-words", of.at)
    return Consent(purpose, channel, of)


def _by_key(args: Args) -> Node:
    """A record named by a unique field; `check` learns its form from what it is compared with."""
    key = _word(args[0])
    value = args[1].value if isinstance(args[1], Literal) else None
    if key is None or not _KEY.fullmatch(key):
        raise FormulaError("formula-key-words", args[0].at)
    if isinstance(value, bool) or not isinstance(value, (str, Decimal)):
        raise FormulaError("formula-key-words", args[1].at)
    return LinkKey(key, value)


def _binary(op: str) -> _Surface:
    return _Surface(2, 2, lambda args: Compare(op, args[0], args[1]))


def _single(op: str) -> _Surface:
    return _Surface(1, 1, lambda args: Compare(op, args[0]))


def _listed(op: str, least: int = 2, most: int = 501) -> _Surface:
    return _Surface(least, most, lambda args: Compare(op, args[0], Many(args[1:])))


SURFACES: dict[str, _Surface] = {
    "AND": _Surface(0, 600, AllOf),
    "OR": _Surface(0, 600, AnyOf),
    "NOT": _Surface(1, 1, lambda args: Not(args[0])),
    "BLANK": _Surface(0, 0, lambda args: Literal(None)),
    "MOD": _Surface(2, 2, lambda args: Arithmetic("%", *args)),
    "ISEMPTY": _single("is_empty"),
    "ISNOTEMPTY": _single("is_not_empty"),
    "IS_ME": _single("is_me"),
    "IN_MY_UNITS": _single("in_my_units"),
    "CONTAINS": _binary("contains"),
    "NOT_CONTAINS": _binary("not_contains"),
    "STARTSWITH": _binary("starts_with"),
    "ENDSWITH": _binary("ends_with"),
    "HAS": _binary("has"),
    "HASANY": _listed("has_any"),
    "HASALL": _listed("has_all"),
    "HASNONE": _listed("has_none"),
    "IN": _listed("in"),
    "NOT_IN": _listed("not_in"),
    "BETWEEN": _listed("between", 3, 3),
    "OLDER_THAN": _Surface(3, 3, _older_than),
    "WITHIN_LAST": _Surface(3, 3, _within("last")),
    "WITHIN_NEXT": _Surface(3, 3, _within("next")),
    "IN_PERIOD": _Surface(2, 2, _in_period),
    "IN_RANGE": _Surface(3, 3, _in_range),
    "SAME_DAY_OF_YEAR": _Surface(1, 2, _same_day),
    "OR_NONE": _Surface(1, 1, _or_none),
    "HAS_CONSENT": _Surface(2, 3, _consent),
    "BYKEY": _Surface(2, 2, _by_key),
}
SURFACE_OF_OP = {
    "is_empty": "ISEMPTY", "is_not_empty": "ISNOTEMPTY", "is_me": "IS_ME",
    "in_my_units": "IN_MY_UNITS", "contains": "CONTAINS", "not_contains": "NOT_CONTAINS",
    "starts_with": "STARTSWITH", "ends_with": "ENDSWITH", "has": "HAS", "has_any": "HASANY",
    "has_all": "HASALL", "has_none": "HASNONE", "in": "IN", "not_in": "NOT_IN",
    "between": "BETWEEN", "same_day_of_year": "SAME_DAY_OF_YEAR",
}  # fmt: skip


def known_names() -> list[str]:
    """Every name that may be called."""
    names = {*FUNCTIONS, *CONDITIONAL, VOLATILE, *SURFACES, *AGGREGATE_NAMES} - INTERNAL
    return sorted(names)
