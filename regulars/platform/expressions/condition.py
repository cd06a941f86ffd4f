"""Condition JSON and the tree: what the builder edits.

`parse_condition` reads every shape of the definitions chapter and collects all problems of shape,
each with its place in the JSON. `condition_writer` writes a tree back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.platform.expressions.calls import MAX_PERIOD, FormulaError, plain
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.operators import (
    AGGREGATES,
    LIST_OPS,
    NO_VALUE_OPS,
    OPS,
)
from regulars.platform.expressions.times import CALENDARS, UNITS
from regulars.platform.expressions.tree import (
    MAX_LITERAL,
    MAX_NODES,
    Aggregate,
    AllOf,
    AnyOf,
    Compare,
    Consent,
    Formula,
    LinkKey,
    Literal,
    Many,
    Node,
    Not,
    Path,
    Relative,
    Span,
    Window,
    is_clean,
    measure,
)
from regulars.platform.problems import Problem

MAX_JSON_DEPTH = 32
MAX_ITEMS = 500
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_NO_CONDITION = AllOf(())


def parse_condition(raw: Any) -> tuple[Node, list[Problem]]:
    """The tree of a condition and every problem of its shape.

    With problems the tree is only good for showing. ``None`` and ``{}`` are the condition that
    always holds.
    """
    if raw is None or raw == {}:
        return _NO_CONDITION, []
    reader = _Reader()
    tree = reader.condition(raw, "", 1)
    if not reader.problems and measure(tree)[1] > MAX_NODES:
        reader.problem("", "condition-too-large")
    return tree, reader.problems


class _Reader:
    """Collects problems while reading; a broken part becomes a condition that always holds."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, place: str, code: str, **params: Any) -> None:
        self.problems.append(Problem(place, code, params))

    def condition(self, raw: Any, place: str, depth: int) -> Node:
        if depth > MAX_JSON_DEPTH:
            self.problem(place, "condition-too-deep", limit=MAX_JSON_DEPTH)
            return _NO_CONDITION
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            self.problem(place, "not-a-condition")
            return _NO_CONDITION
        for name, read in _FORMS.items():
            if name in raw:
                return read(self, raw, place, depth)
        self.problem(place, "not-a-condition")
        return _NO_CONDITION

    def group(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        name = "all" if "all" in raw else "any"
        self.known(raw, place, (name,))
        items = raw[name]
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            self.problem(_at(place, name), "not-a-list-of-conditions", limit=MAX_ITEMS)
            return _NO_CONDITION
        parts = tuple(
            self.condition(item, _at(place, f"{name}/{position}"), depth + 1)
            for position, item in enumerate(items)
        )
        return AllOf(parts, place=place) if name == "all" else AnyOf(parts, place=place)

    def negation(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        self.known(raw, place, ("not",))
        return Not(self.condition(raw["not"], _at(place, "not"), depth + 1), place=place)

    def formula(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        self.known(raw, place, ("formula",))
        body = self.formula_text(raw["formula"], _at(place, "formula"))
        return _NO_CONDITION if body is None else Formula(body, place=place)

    def field_leaf(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        self.known(raw, place, ("field", "op", "value", "if_none"))
        left = self.path(raw["field"], _at(place, "field"))
        return self.leaf(left, raw, place)

    def aggregate_leaf(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        self.known(raw, place, _AGGREGATE_KEYS)
        left = self.aggregate(raw, place, depth)
        return self.leaf(left, raw, place)

    def consent_leaf(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        self.known(raw, place, ("consent", "op", "value", "if_none"))
        given = raw["consent"]
        inside = _at(place, "consent")
        if not isinstance(given, Mapping):
            self.problem(inside, "not-a-consent")
            return _NO_CONDITION
        self.known(given, inside, ("purpose", "channel", "of"))
        words = [given.get(name) for name in ("purpose", "channel")]
        if not all(isinstance(word, str) and _KEY.match(word) for word in words):
            self.problem(inside, "not-a-consent")
            return _NO_CONDITION
        of = self.path(given["of"], _at(inside, "of")) if "of" in given else Path(())
        left = Consent(str(words[0]), str(words[1]), of, place=inside)
        return self.leaf(left, {"op": "is", "value": True, **raw}, place)

    def aggregate(self, raw: Mapping[str, Any], place: str, depth: int) -> Node:
        name = raw["aggregate"]
        if name not in AGGREGATES:
            self.problem(_at(place, "aggregate"), "unknown-aggregate", name=str(name)[:40])
        if "of" not in raw:
            self.problem(_at(place, "of"), "required")
        of = self.path(raw.get("of", ""), _at(place, "of")) if "of" in raw else Path(())
        value = self.operand(raw["field"], _at(place, "field")) if "field" in raw else None
        by = self.operand(raw["by"], _at(place, "by")) if "by" in raw else None
        parts: list[Node] = []
        if raw.get("where") is not None:
            parts.append(self.condition(raw["where"], _at(place, "where"), depth + 1))
        if raw.get("within") is not None:
            parts.append(self.within(raw, place))
        where = None
        if parts:
            where = parts[0] if len(parts) == 1 else AllOf(tuple(_flat(parts)))
        return Aggregate(str(name), of, value, by, where, place=place)

    def within(self, raw: Mapping[str, Any], place: str) -> Node:
        window = self.window(raw["within"], _at(place, "within"))
        if "on" not in raw:
            self.problem(_at(place, "on"), "window-needs-date")
            return _NO_CONDITION
        return Compare("within", self.path(raw["on"], _at(place, "on")), window, place=place)

    def leaf(self, left: Node, raw: Mapping[str, Any], place: str) -> Node:
        op = raw.get("op")
        if not isinstance(op, str) or op not in OPS:
            code = "unknown-op" if "op" in raw else "required"
            self.problem(_at(place, "op"), code, op=str(op)[:40])
            return _NO_CONDITION
        if_none = raw.get("if_none", False)
        if not isinstance(if_none, bool):
            self.problem(_at(place, "if_none"), "not-yes-or-no")
            if_none = False
        right = self.right(op, raw, place)
        return Compare(op, left, right, if_none, place=place)

    def right(self, op: str, raw: Mapping[str, Any], place: str) -> Node | None:
        inside = _at(place, "value")
        if op in NO_VALUE_OPS:
            if raw.get("value") is not None:
                self.problem(inside, "op-takes-no-value", op=op)
            return None
        if raw.get("value") is None:
            if op == "same_day_of_year":
                return Relative(0, "day", place=inside)
            self.problem(inside, "value-needed", op=op)
            return None
        value = raw["value"]
        if op == "within":
            return self.window(value, inside)
        if op == "older_than":
            return self.span(value, inside)
        if op in LIST_OPS:
            return self.many(op, value, inside)
        return self.operand_value(value, inside)

    def many(self, op: str, value: Any, place: str) -> Node:
        items = value if isinstance(value, list) else [value]
        if op == "between" and isinstance(value, Mapping) and set(value) == {"from", "to"}:
            items = [value["from"], value["to"]]
        if len(items) > MAX_ITEMS or (op == "between" and len(items) != 2):
            code = "between-needs-two" if op == "between" else "too-many-values"
            self.problem(place, code, limit=MAX_ITEMS)
            return Many(())
        found = (self.operand_value(v, _at(place, str(n))) for n, v in enumerate(items))
        return Many(tuple(found), place=place)

    def operand_value(self, value: Any, place: str) -> Node:
        """A literal, or one of the shapes that stand for a computed value."""
        if isinstance(value, Mapping):
            return self.computed(value, place)
        return self.literal(value, place)

    def computed(self, value: Mapping[str, Any], place: str) -> Node:
        if set(value) == {"field"}:
            return self.path(value["field"], _at(place, "field"))
        if set(value) == {"formula"}:
            body = self.formula_text(value["formula"], _at(place, "formula"))
            return Literal(None) if body is None else Formula(body, place=place)
        if set(value) == {"relative"}:
            span = self.span(value["relative"], _at(place, "relative"), signed=True)
            return Relative(span.n, span.unit, place=place)
        if set(value) == {"id"}:
            return self.literal(value["id"], place)
        if len(value) == 1:
            return self.link_key(value, place)
        self.problem(place, "unknown-value-shape")
        return Literal(None)

    def link_key(self, value: Mapping[str, Any], place: str) -> Node:
        """``{"code": "S01"}``: the record with this value in a unique field."""
        ((key, given),) = value.items()
        literal = self.literal(given, _at(place, str(key)[:60]))
        found = literal.value if isinstance(literal, Literal) else None
        if (
            not _KEY.match(str(key))
            or isinstance(found, bool)
            or not isinstance(found, (str, Decimal))
        ):
            self.problem(place, "unknown-value-shape")
            return Literal(None)
        return LinkKey(str(key), found, place=place)

    def operand(self, raw: Any, place: str) -> Node:
        """A field path or ``{"formula": …}``, as `field` and `by` of an aggregate are."""
        if isinstance(raw, Mapping):
            return self.computed(raw, place)
        return self.path(raw, place)

    def literal(self, value: Any, place: str) -> Node:
        if isinstance(value, str):
            if len(value) > MAX_LITERAL:
                self.problem(place, "text-too-long", limit=MAX_LITERAL)
            elif not is_clean(value):
                self.problem(place, "bad-characters")
            return Literal(value[:MAX_LITERAL], place=place)
        if isinstance(value, bool):
            return Literal(value, place=place)
        found = _decimal(value) if isinstance(value, (int, float, Decimal)) else None
        if found is None:
            self.problem(place, "bad-literal")
        return Literal(found, place=place)

    def span(self, raw: Any, place: str, *, signed: bool = False) -> Span:
        if not isinstance(raw, Mapping) or not {"n", "unit"} >= set(raw) or "n" not in raw:
            self.problem(place, "not-a-span")
            return Span(0, "day")
        return self.counted(raw["n"], raw.get("unit", "day"), place, signed=signed)

    def counted(self, n: Any, unit: Any, place: str, *, signed: bool = False) -> Span:
        if unit not in UNITS:
            self.problem(_at(place, "unit"), "unknown-unit", unit=str(unit)[:40])
            unit = "day"
        whole = isinstance(n, int) and not isinstance(n, bool)
        if isinstance(n, Decimal) and n == n.to_integral_value():
            n, whole = int(n), True
        if not whole or abs(n) > MAX_PERIOD or (n < 0 and not signed):
            self.problem(place, "bad-period", limit=MAX_PERIOD)
            n = 0
        return Span(int(n), unit, place=place)

    def window(self, raw: Any, place: str) -> Node:
        if isinstance(raw, Mapping):
            keys = set(raw)
            for kind in ("last", "next"):
                if kind in keys and keys <= {kind, "unit"}:
                    span = self.counted(raw[kind], raw.get("unit", "day"), place)
                    return Window(kind, n=span.n, unit=span.unit, place=place)
            if keys == {"calendar"} and raw["calendar"] in CALENDARS:
                return Window("calendar", name=raw["calendar"], place=place)
            if keys and keys <= {"from", "to"}:
                return self.range(raw, place)
        self.problem(place, "not-a-window")
        return Window("last", n=0, unit="day")

    def range(self, raw: Mapping[str, Any], place: str) -> Node:
        ends = [
            None if raw.get(end) is None else self.operand_value(raw[end], _at(place, end))
            for end in ("from", "to")
        ]
        return Window("range", start=ends[0], end=ends[1], place=place)

    def path(self, raw: Any, place: str) -> Path:
        if not isinstance(raw, str) or len(raw) > 300 or not _PATH.match(raw):
            self.problem(place, "not-a-field-path", path=str(raw)[:60])
            return Path((), place=place)
        return Path(tuple(raw.split(".")), place=place)

    def formula_text(self, raw: Any, place: str) -> Node | None:
        if not isinstance(raw, str):
            self.problem(place, "not-a-formula")
            return None
        try:
            return parse_formula(raw, place=place)
        except FormulaError as error:
            self.problems.append(error.problem(place))
            return None

    def known(self, raw: Mapping[str, Any], place: str, names: tuple[str, ...]) -> None:
        for name in raw:
            if name not in names:
                self.problem(_at(place, name), "unknown-key", key=name[:60])


_KEY = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
_AGGREGATE_KEYS = (
    "aggregate", "of", "field", "by", "where", "within", "on", "op", "value", "if_none",
)  # fmt: skip
_FORMS = {
    "all": _Reader.group,
    "any": _Reader.group,
    "not": _Reader.negation,
    "formula": _Reader.formula,
    "aggregate": _Reader.aggregate_leaf,
    "consent": _Reader.consent_leaf,
    "field": _Reader.field_leaf,
}


def _at(place: str, step: str) -> str:
    return f"{place}/{step}" if place else step


def _flat(parts: list[Node]) -> list[Node]:
    """Conditions that all must hold, with a leading ``all`` opened up."""
    first = parts[0]
    return [*first.items, *parts[1:]] if isinstance(first, AllOf) else parts


def _decimal(value: int | float | Decimal) -> Decimal | None:
    try:
        found = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except InvalidOperation:
        return None
    if not found.is_finite() or found.adjusted() > 18 or len(found.as_tuple().digits) > 40:
        return None
    return plain(found)
