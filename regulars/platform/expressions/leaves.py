"""Closures of leaves: two-valued, and what is missing never matches."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.operators import order_of
from regulars.platform.expressions.times import same_day_of_year
from regulars.platform.expressions.tree import Compare, Literal, Many, Node, Span, Window
from regulars.platform.expressions.types import Kind
from regulars.platform.expressions.windows import older_than_edge, window_bounds

if TYPE_CHECKING:
    from regulars.platform.expressions.evaluate import Context, Evaluate, PythonCompiler, Row

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "is": eq, "is_not": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le,
}  # fmt: skip
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "not_contains": lambda text, part: part not in text,
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
}
_SETS: dict[str, Callable[[frozenset[str], frozenset[str]], bool]] = {
    "has": lambda tags, wanted: wanted <= tags,
    "has_any": lambda tags, wanted: not wanted.isdisjoint(tags),
    "has_all": lambda tags, wanted: wanted <= tags,
    "has_none": lambda tags, wanted: wanted.isdisjoint(tags),
}


def compile_leaf(compiler: PythonCompiler, node: Compare) -> Evaluate:
    """The closure of one leaf."""
    kind = node.left.type.kind if node.left.type is not None else Kind.MISSING
    if kind is Kind.TAGS:
        return _tags(compiler, node)
    left = compiler.value(node.left)
    if node.op in ("is_empty", "is_not_empty"):
        return _filled(compiler, node, left, kind)
    if node.op in ("is_me", "in_my_units"):
        return _mine(left, node)
    if isinstance(node.right, Window):
        return _within(compiler, left, node, node.right, kind)
    if isinstance(node.right, Span):
        return _older(left, node, node.right, kind)
    return _with_values(compiler, left, node, kind)


def folds(node: Compare) -> bool:
    """Whether the leaf compares text without regard to case."""
    sides = [node.left, *(node.right.items if isinstance(node.right, Many) else [node.right])]
    types = [side.type for side in sides if side is not None and side.type is not None]
    is_text = node.left.type is not None and node.left.type.kind is Kind.TEXT
    return is_text and all(found.kind is Kind.TEXT and not found.exact for found in types)


def _filled(compiler: PythonCompiler, node: Compare, left: Evaluate, kind: Kind) -> Evaluate:
    key = compiler.stored_key(node.left)
    is_text = kind in (Kind.TEXT, Kind.CHOICE)
    if node.op == "is_empty":
        if key is not None and is_text:
            return lambda row, context: not row.get(key)
        return lambda row, context: left(row, context) is None
    if key is not None and is_text:
        return lambda row, context: bool(row.get(key))
    return lambda row, context: left(row, context) is not None


def _with_values(compiler: PythonCompiler, left: Evaluate, node: Compare, kind: Kind) -> Evaluate:
    assert node.right is not None
    fold = folds(node)
    if fold:
        left = _folded(left)
    if isinstance(node.right, Many):
        rights = [_right(compiler, item, fold) for item in node.right.items]
        if node.op == "between":
            return _between(left, rights, node)
        return _listed(left, rights, node, compiler.stored_key(node.left))
    right = _right(compiler, node.right, fold)
    if node.op == "same_day_of_year":
        return _same_day(left, right, node)
    test = _TEXT.get(node.op) or _ORDER[order_of(node.op)]
    if_none = node.if_none
    constant = _fixed(node.right, fold)
    if constant is not None:
        key = compiler.stored_key(node.left)
        if key is not None:
            return _stored_against(key, node, constant, fold=fold, kind=kind)
        return lambda row, context: (
            if_none if (value := left(row, context)) is None else test(value, constant)
        )

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        other = right(row, context)
        return other is not None and test(value, other)

    return evaluate


def _stored_against(key: str, node: Compare, constant: Any, *, fold: bool, kind: Kind) -> Evaluate:
    """A field of the record itself against a constant: most leaves of most rules."""
    if_none = node.if_none
    test = _TEXT.get(node.op) or _ORDER[order_of(node.op)]
    if fold:
        return lambda row, context: (
            test(value.casefold(), constant) if (value := row.get(key)) else if_none
        )
    if kind in (Kind.TEXT, Kind.CHOICE):
        return lambda row, context: test(value, constant) if (value := row.get(key)) else if_none
    signs: dict[str, Evaluate] = {  # each written out, because a call costs more than the test
        "is": lambda row, context: if_none if (v := row.get(key)) is None else v == constant,
        "gt": lambda row, context: if_none if (v := row.get(key)) is None else v > constant,
        "gte": lambda row, context: if_none if (v := row.get(key)) is None else v >= constant,
        "lt": lambda row, context: if_none if (v := row.get(key)) is None else v < constant,
        "lte": lambda row, context: if_none if (v := row.get(key)) is None else v <= constant,
    }
    return signs.get(order_of(node.op)) or (
        lambda row, context: if_none if (v := row.get(key)) is None else test(v, constant)
    )


def _stored_in(key: str, known: frozenset[Any], node: Compare, *, fold: bool) -> Evaluate:
    """A field of the record itself among constants."""
    wanted, if_none = node.op == "in", node.if_none
    if fold:
        return lambda row, context: (
            (value.casefold() in known) is wanted if (value := row.get(key)) else if_none
        )
    if wanted and not if_none:
        return lambda row, context: row.get(key) in known  # what is missing is never listed
    return lambda row, context: (
        if_none if (v := row.get(key)) is None or v == "" else (v in known) is wanted
    )


def _folded(evaluate: Evaluate) -> Evaluate:
    return lambda row, context: (
        None if (value := evaluate(row, context)) is None else value.casefold()
    )


def _right(compiler: PythonCompiler, node: Node, fold: bool) -> Evaluate:
    right = compiler.value(node)
    return _folded(right) if fold else right


def _fixed(node: Node, fold: bool) -> Any:
    """The value of a literal, when it is the same at every moment."""
    if not isinstance(node, Literal) or getattr(node.value, "tzinfo", 0) is None:
        return None
    if isinstance(node.value, str):
        return (node.value.casefold() if fold else node.value) or None
    return node.value


def _between(left: Evaluate, ends: list[Evaluate], node: Compare) -> Evaluate:
    low, high = ends
    if_none = node.if_none

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        first, last = low(row, context), high(row, context)
        return first is not None and last is not None and first <= value <= last

    return evaluate


def _listed(left: Evaluate, items: list[Evaluate], node: Compare, key: str | None) -> Evaluate:
    wanted, if_none = node.op == "in", node.if_none
    assert isinstance(node.right, Many)
    fixed = [_fixed(item, folds(node)) for item in node.right.items]
    if None not in fixed:
        known = frozenset(fixed)
        if key is not None:
            return _stored_in(key, known, node, fold=folds(node))
        return lambda row, context: (
            if_none if (value := left(row, context)) is None else (value in known) is wanted
        )

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        return any(item(row, context) == value for item in items) is wanted

    return evaluate


def _same_day(left: Evaluate, right: Evaluate, node: Compare) -> Evaluate:
    if_none = node.if_none

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        other = right(row, context)
        return other is not None and same_day_of_year(value, other, context.moment.leap_day)

    return evaluate


def _mine(left: Evaluate, node: Compare) -> Evaluate:
    of_units, if_none = node.op == "in_my_units", node.if_none

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        moment = context.moment
        return value in moment.unit_ids if of_units else value == moment.member_id

    return evaluate


def _tags(compiler: PythonCompiler, node: Compare) -> Evaluate:
    left = compiler.value(node.left)
    if node.op in ("is_empty", "is_not_empty"):
        wanted = node.op == "is_empty"
        return lambda row, context: (not left(row, context)) is wanted
    assert node.right is not None
    items = node.right.items if isinstance(node.right, Many) else (node.right,)
    rights = [compiler.value(item) for item in items]
    test = _SETS[node.op]

    def evaluate(row: Row, context: Context) -> bool:
        wanted = {right(row, context) for right in rights}
        if None in wanted:
            return False
        return test(frozenset(left(row, context) or ()), frozenset(wanted))

    return evaluate


def _older(left: Evaluate, node: Compare, span: Span, kind: Kind) -> Evaluate:
    if_none = node.if_none

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        edge = older_than_edge(span, kind, context.moment)
        return edge is not None and value < edge

    return evaluate


def _within(
    compiler: PythonCompiler, left: Evaluate, node: Compare, window: Window, kind: Kind
) -> Evaluate:
    if_none = node.if_none
    ends = [None if end is None else compiler.value(end) for end in (window.start, window.end)]

    def evaluate(row: Row, context: Context) -> bool:
        value = left(row, context)
        if value is None:
            return if_none
        given = [None if end is None else end(row, context) for end in ends]
        if any(value is None and end is not None for value, end in zip(given, ends, strict=True)):
            return False
        low, high = window_bounds(window, kind, context.moment, (given[0], given[1]))
        return (low is None or value >= low) and (high is None or value < high)

    return evaluate
