"""Which lines of a file a target takes: a condition over the texts of columns. Pure.

Two-valued like every condition of the product: a leaf on an empty cell is false, also under
``is_not``; ``not`` turns the answer of what it holds around. Texts compare without regard to case
unless ``"case": "exact"``; ``gt gte lt lte`` and number values compare as numbers; ``before after
on_or_before on_or_after`` as dates.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.form_builder.field_types.number import plain_number
from regulars.form_builder.importing.figures import unguard, with_point
from regulars.form_builder.importing.mapping import Parse, Where
from regulars.form_builder.importing.moments import Moment, moment_reader
from regulars.platform.problems import Problem

Cells = Sequence[str]
LineTest = Callable[[Cells], bool]

_KEPT = 50_000  # answers remembered per leaf
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le,
}  # fmt: skip
_DATED: dict[str, Callable[[Any, Any], bool]] = {
    "before": operator.lt,
    "after": operator.gt,
    "on_or_before": operator.le,
    "on_or_after": operator.ge,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
_NO_VALUE = ("is_empty", "is_not_empty")


class _Answers(dict[str, bool]):
    """A leaf's answer per distinct cell text; computed once, because columns repeat themselves."""

    def __init__(self, test: Callable[[str], bool]) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, cell: str) -> bool:
        if len(self) >= _KEPT:
            self.clear()
        answer = self[cell] = self._test(unguard(cell.strip()))
        return answer


def compile_where(where: Where | None, columns: Sequence[str]) -> LineTest:
    """The test of a condition whose problems have been looked at; None takes every line."""
    if where is None:
        return lambda cells: True
    if "all" in where:
        return _all([compile_where(each, columns) for each in where["all"]])
    if "any" in where:
        parts = [compile_where(each, columns) for each in where["any"]]
        return lambda cells: any(part(cells) for part in parts)
    if "not" in where:
        inner = compile_where(where["not"], columns)
        return lambda cells: not inner(cells)
    return _Leaf(columns.index(where["column"]), _Answers(_leaf(where)))


@dataclass(frozen=True)
class _Leaf:
    """The test of one column."""

    position: int
    answers: _Answers

    def __call__(self, cells: Cells) -> bool:
        return self.answers[cells[self.position]]


def where_columns(where: Where | None) -> Iterator[str]:
    """Every column a condition reads."""
    if where is None:
        return
    for name in ("all", "any"):
        for each in where.get(name, ()):
            yield from where_columns(each)
    if "not" in where:
        yield from where_columns(where["not"])
    if "column" in where:
        yield where["column"]


def where_problems(where: Any, columns: Sequence[str], path: str = "where") -> list[Problem]:
    """Every problem of a condition whose shape has been checked."""
    if where is None:
        return []
    kinds = [name for name in ("all", "any", "not", "column") if name in where]
    if len(kinds) != 1:
        return [Problem(path, "condition-one-kind")]
    kind = kinds[0]
    if kind == "not":
        return where_problems(where["not"], columns, f"{path}/not")
    if kind in ("all", "any"):
        return [
            problem
            for position, each in enumerate(where[kind])
            for problem in where_problems(each, columns, f"{path}/{kind}/{position}")
        ]
    return _leaf_problems(where, columns, path)


def _leaf_problems(where: Where, columns: Sequence[str], path: str) -> list[Problem]:
    found = []
    if where["column"] not in columns:
        shown = {"column": where["column"], "columns": list(columns)[:30]}
        found.append(Problem(f"{path}/column", "column-not-in-file", shown))
    op = where.get("op")
    if op is None:
        return [*found, Problem(f"{path}/op", "required")]
    if op not in _NO_VALUE and "value" not in where:
        found.append(Problem(f"{path}/value", "required"))
    elif op in _NUMERIC and _number(str(where["value"]), Parse()) is None:
        found.append(Problem(f"{path}/value", "not-a-number", {"value": str(where["value"])[:40]}))
    elif op in _DATED and _moment(str(where["value"]), "ymd") is None:
        found.append(Problem(f"{path}/value", "not-a-date", {"value": str(where["value"])[:40]}))
    elif op in ("in", "not_in") and not isinstance(where["value"], list):
        found.append(Problem(f"{path}/value", "shape-type", {"expected": ["array"]}))
    return found


def _all(parts: Sequence[LineTest]) -> LineTest:
    """Leaves are asked without a call each: this runs once per line and target."""
    leaves = [(part.position, part.answers) for part in parts if isinstance(part, _Leaf)]
    others = [part for part in parts if not isinstance(part, _Leaf)]

    def test(cells: Cells) -> bool:
        for position, answers in leaves:
            if not answers[cells[position]]:
                return False
        return all(part(cells) for part in others) if others else True

    return test


def _leaf(where: Where) -> Callable[[str], bool]:
    op = str(where["op"])
    if op in _NO_VALUE:
        return (lambda text: not text) if op == "is_empty" else bool
    parse, value = Parse.from_json(where.get("parse")), where["value"]
    if op in _NUMERIC:
        return _numeric(_NUMERIC[op], value, parse)
    if op in _DATED:
        return _dated(_DATED[op], str(value), parse)
    negative = op.startswith(("not_", "is_not"))
    test = _textual(op.removeprefix("not_").replace("is_not", "is"), value, where, parse)
    if negative:
        return lambda text: bool(text) and not test(text)
    return lambda text: bool(text) and test(text)


def _textual(op: str, value: Any, where: Mapping[str, Any], parse: Parse) -> Callable[[str], bool]:
    fold = str if where.get("case") == "exact" else str.casefold
    if op in ("is", "in"):
        values = value if isinstance(value, list) else [value]
        texts = {fold(_written(each)) for each in values}
        numbers = {_number(_written(each), Parse()) for each in values if _is_number(each)}
        return lambda text: (
            fold(text) in texts or (bool(numbers) and _number(text, parse) in numbers)
        )
    compare, wanted = _TEXTUAL[op], fold(_written(value))
    return lambda text: compare(fold(text), wanted)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _numeric(
    compare: Callable[[Any, Any], bool], value: Any, parse: Parse
) -> Callable[[str], bool]:
    limit = _number(str(value), Parse())

    def test(text: str) -> bool:
        number = _number(text, parse)
        return number is not None and compare(number, limit)

    return test


def _dated(compare: Callable[[Any, Any], bool], value: str, parse: Parse) -> Callable[[str], bool]:
    limit = _moment(value, "ymd") or ""
    whole_day = len(limit) == len("2011-12-09")

    def test(text: str) -> bool:
        moment = _moment(text, parse.way or "ymd")
        if moment is None:
            return False
        return compare(moment[:10], limit) if whole_day else compare(moment.ljust(19, "T"), limit)

    return test


def _number(text: str, parse: Parse) -> Decimal | None:
    try:
        number = Decimal(plain_number(with_point(text) if parse.decimal == "," else text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str, way: str) -> str | None:
    """The date as an ISO text, by which days and times of one column compare."""
    try:
        moment: Moment = moment_reader(way)(text)
    except ValueError:
        return None
    return moment.isoformat()
