"""Leaves as predicates. A predicate is NULL only where a side is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.functions import FunctionElement

from regulars.platform import columns
from regulars.platform.expressions import sql_aggregates, sql_calls, sql_tags, windows
from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.leaves import folds
from regulars.platform.expressions.numbers import LIMIT
from regulars.platform.expressions.operators import order_of
from regulars.platform.expressions.tree import (
    AllOf,
    AnyOf,
    Compare,
    Consent,
    Formula,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    Span,
    Window,
)
from regulars.platform.expressions.types import Kind, ValueType

if TYPE_CHECKING:
    from regulars.platform.expressions.compile_sql import Element, Frame, SqlCompiler

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "is": eq, "is_not": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le,
}  # fmt: skip
_EQUAL = frozenset({"is", "is_not"})
_EMPTY_SAFE = frozenset({"is", "in", "contains", "starts_with", "ends_with"})


@dataclass(frozen=True)
class Subject:
    """The left side: ``value`` as stored; ``is_day`` where its calendar day is meant."""

    value: Element
    type: ValueType
    is_day: bool = False


def compile_leaf(
    compiler: SqlCompiler, node: Compare, frame: Frame, *, two_valued: bool
) -> Element:
    """One leaf as a predicate."""
    if is_constant(node.left) and is_constant_right(node):
        return sa.true() if compiler.constant(node) is True else sa.false()
    if node.left.type is not None and node.left.type.kind is Kind.TAGS:
        return sql_tags.compile_tags(compiler, node, frame)
    if (plain := _plain_condition(node)) is not None:
        return compiler.condition(plain, frame, two_valued=two_valued)
    if node.left.type is not None and node.left.type.kind is Kind.BOOLEAN:
        fused = sql_calls.fused_value(compiler, node, frame)  # a comparison of comparisons
        if fused is not None:
            return fused == sa.literal(True, columns.Flag())
    shaped = sql_aggregates.shaped_leaf(compiler, node, frame)
    if shaped is not None:
        return shaped
    subject = subject_of(compiler, node, frame)
    held = predicate(compiler, node, subject, frame)
    return finished(node, subject, held, two_valued=two_valued)


def _plain_condition(node: Compare) -> Node | None:
    """``consent is yes`` as the condition itself: planners look into EXISTS, not EXISTS = true."""
    left, right = unformula(node.left), node.right
    if not isinstance(left, (AllOf, AnyOf, Compare, Consent, Not)) or node.op not in _EQUAL:
        return None
    if not isinstance(right, Literal) or not isinstance(right.value, bool):
        return None
    return left if right.value is (node.op == "is") else Not(left, type=left.type)


def finished(node: Compare, subject: Subject, held: Element, *, two_valued: bool) -> Element:
    """The predicate with the answer for a missing left side."""
    if node.op in ("is_empty", "is_not_empty"):
        return held
    if node.if_none:
        held = sa.or_(subject.value.is_(None), held)
    return sa.func.coalesce(held, sa.false()) if two_valued else held


def is_constant_right(node: Compare) -> bool:
    """Whether everything on the right is the same for every record."""
    return node.right is None or is_constant(node.right)


def subject_of(compiler: SqlCompiler, node: Compare, frame: Frame) -> Subject:
    """The left side, folded if the leaf folds."""
    left = unformula(node.left)
    if isinstance(left, LocalDay):
        inner = left.item
        assert inner.type is not None
        return Subject(compiler.value(inner, frame), inner.type, is_day=True)
    assert left.type is not None
    value = compiler.folded(left, frame) if folds(node) else compiler.value(left, frame)
    if isinstance(left, Path) and node.op in _EMPTY_SAFE and is_constant_right(node):
        value = _without_nullif(value)
    return Subject(value, left.type)


def _without_nullif(value: Element) -> Element:
    """A bare column, so that an index can serve; the empty text matches none of these leaves."""
    if isinstance(value, FunctionElement) and value.name == "nullif":
        column = next(iter(value.clauses))
        return column if isinstance(column, sa.Column) else value
    return value


def unformula(node: Node) -> Node:
    """The node inside `Formula` wrappers."""
    while isinstance(node, Formula):
        node = node.body
    return node


def predicate(compiler: SqlCompiler, node: Compare, subject: Subject, frame: Frame) -> Element:
    """``subject op right``, NULL where a side is missing."""
    if node.op == "is_empty":
        return subject.value.is_(None)
    if node.op == "is_not_empty":
        return subject.value.is_not(None)
    if node.op in ("is_me", "in_my_units"):
        return _mine(compiler, node, subject)
    if isinstance(node.right, Window):
        return _within(compiler, node.right, subject, frame)
    if isinstance(node.right, Span):
        edge = windows.older_than_edge(node.right, subject.type.kind, compiler.target.moment)
        return sa.false() if edge is None else subject.value < bound_like(subject, edge)
    if node.op == "between":
        assert isinstance(node.right, Many)
        low, high = node.right.items
        return sa.and_(
            compare(compiler, "gte", subject, low, frame),
            compare(compiler, "lte", subject, high, frame),
        )
    if node.op in ("in", "not_in"):
        return _listed(compiler, node, subject, frame)
    assert node.right is not None
    if node.op in _TEXT_TESTS:
        return _text_test(compiler, node, subject, frame)
    if node.op == "same_day_of_year":
        return _same_day(compiler, node, subject, frame)
    return compare(compiler, order_of(node.op), subject, node.right, frame, fold=folds(node))


def bound_like(subject: Subject, value: Any) -> Element:
    """``value`` bound with the type of the subject's column."""
    is_date = subject.type.kind is Kind.DATE
    return sa.literal(value, columns.Day() if is_date else columns.Instant())


def _mine(compiler: SqlCompiler, node: Compare, subject: Subject) -> Element:
    moment = compiler.target.moment
    ids = moment.unit_ids if node.op == "in_my_units" else (moment.member_id,)
    return subject.value.in_([each for each in ids if each is not None])


def compare(
    compiler: SqlCompiler,
    op: str,
    subject: Subject,
    right: Node,
    frame: Frame,
    *,
    fold: bool = False,
) -> Element:
    """``is``, ``is_not`` and the order operators, for every kind."""
    if subject.is_day:
        return _compare_day(compiler, op, subject, right, frame)
    if subject.type.kind is Kind.NUMBER:
        return _compare_number(compiler, op, subject, right, frame)
    other = compiler.folded(right, frame) if fold else compiler.value(right, frame)
    return _ORDER[op](subject.value, other)  # type: ignore[no-any-return]


def _compare_number(
    compiler: SqlCompiler, op: str, subject: Subject, right: Node, frame: Frame
) -> Element:
    if is_constant(right):
        return against_number(op, subject, compiler.constant(right))
    assert right.type is not None
    other = compiler.value(right, frame)
    if right.type.scale == subject.type.scale:
        return _ORDER[op](subject.value, other)  # type: ignore[no-any-return]
    return compiler.dialect.compare_scales(
        _ORDER[op], (subject.value, subject.type), (other, right.type), compiler.target.moment
    )


def against_number(op: str, subject: Subject, constant: Decimal | None) -> Element:
    """A number against a constant, in units of the number's own scale, so that indexes serve."""
    if constant is None:
        return sa.false()
    top, bottom = constant.as_integer_ratio()
    top *= 10**subject.type.scale
    floor, is_whole = top // bottom, top % bottom == 0
    if op in ("is", "is_not"):
        if is_whole and abs(floor) <= LIMIT:
            return _ORDER[op](subject.value, _integer(floor))  # type: ignore[no-any-return]
        return _known(subject) if op == "is_not" else sa.false()
    edge = floor if op in ("gt", "lte") or is_whole else floor + 1
    if abs(edge) > LIMIT:
        always = (edge > 0) is (op in ("lt", "lte"))
        return _known(subject) if always else sa.false()
    return _ORDER[op](subject.value, _integer(edge))  # type: ignore[no-any-return]


def _integer(value: int) -> Element:
    return sa.literal(value, sa.BigInteger())


def _known(subject: Subject) -> Element:
    return subject.value.is_not(None)


def _compare_day(
    compiler: SqlCompiler, op: str, subject: Subject, right: Node, frame: Frame
) -> Element:
    moment = compiler.target.moment
    if is_constant(right):
        day = compiler.constant(right)
        if day is None:
            return sa.false()
        start, end = windows.day_start(day, moment), windows.day_end(day, moment)
        if start is not None and end is not None:
            return _day_test(op, subject.value, _instant(start), _instant(end))
    days = compiler.holding(
        "LOCAL_DAY", [subject.value], frame, lambda v: compiler.dialect.local_day(v, moment)
    )
    return _ORDER[op](days, compiler.value(right, frame))  # type: ignore[no-any-return]


def _instant(value: datetime) -> Element:
    return sa.literal(value, columns.Instant())


def _day_test(op: str, value: Element, start: Element, end: Element) -> Element:
    """The day of an instant against a day, by the instants at which that day begins and ends."""
    tests: dict[str, Callable[[], Element]] = {
        "is": lambda: sa.and_(value >= start, value < end),
        "is_not": lambda: sa.or_(value < start, value >= end),
        "lt": lambda: value < start,
        "gte": lambda: value >= start,
        "lte": lambda: value < end,
        "gt": lambda: value >= end,
    }
    return tests[op]()


def _within(compiler: SqlCompiler, window: Window, subject: Subject, frame: Frame) -> Element:
    moment = compiler.target.moment
    nodes = (window.start, window.end)
    if subject.is_day or any(end is not None and not is_constant(end) for end in nodes):
        return _within_values(compiler, window, subject, frame)
    ends = [None if end is None else compiler.constant(end) for end in nodes]
    if any(value is None and end is not None for value, end in zip(ends, nodes, strict=True)):
        return sa.false()
    bounds = windows.window_bounds(window, subject.type.kind, moment, (ends[0], ends[1]))
    tests = [
        test(subject.value, bound_like(subject, bound))
        for test, bound in zip((ge, lt), bounds, strict=True)
        if bound is not None
    ]
    return sa.and_(*tests) if tests else _known(subject)


def _within_values(
    compiler: SqlCompiler, window: Window, subject: Subject, frame: Frame
) -> Element:
    """A window whose ends are days, or depend on the record."""
    tests = [
        compare(compiler, op, subject, end, frame)
        for op, end in (("gte", window.start), ("lt", window.end))
        if end is not None
    ]
    return sa.and_(*tests) if tests else _known(subject)


def _listed(compiler: SqlCompiler, node: Compare, subject: Subject, frame: Frame) -> Element:
    assert isinstance(node.right, Many)
    fold = folds(node)
    tests = _tests(compiler, subject, node.right.items, frame, fold=fold)
    found = sa.or_(sa.false(), *tests)
    if node.op == "in":
        return found
    return sa.and_(_known(subject), sa.not_(sa.func.coalesce(found, sa.false())))


_PLAIN_KINDS = (Kind.TEXT, Kind.CHOICE, Kind.LINK, Kind.NUMBER)


def _plain_values(value: Any, subject: Subject, *, fold: bool) -> list[Any]:
    """What a constant is in the database; nothing when no value there can equal it."""
    if value is None:
        return []
    if subject.type.kind is Kind.NUMBER:
        top, bottom = Decimal(value).as_integer_ratio()
        units, rest = divmod(top * 10**subject.type.scale, bottom)
        return [] if rest or abs(units) > LIMIT else [units]
    return [value.casefold() if fold else value]


def _tests(
    compiler: SqlCompiler, subject: Subject, items: Sequence[Node], frame: Frame, *, fold: bool
) -> list[Element]:
    """Constants in one IN, everything else by a comparison of its own."""
    plain: list[Any] = []
    tests: list[Element] = []
    simple = not subject.is_day and subject.type.kind in _PLAIN_KINDS
    for item in items:
        if simple and is_constant(item):
            plain += _plain_values(compiler.constant(item), subject, fold=fold)
        else:
            equal = compare(compiler, "is", subject, item, frame, fold=fold)
            tests.append(sa.func.coalesce(equal, sa.false()))
    if plain:
        tests.insert(0, subject.value.in_(plain))
    return tests


_TEXT_TESTS = frozenset({"contains", "not_contains", "starts_with", "ends_with"})


def _text_test(compiler: SqlCompiler, node: Compare, subject: Subject, frame: Frame) -> Element:
    assert node.right is not None
    part = compiler.folded(node.right, frame) if folds(node) else compiler.value(node.right, frame)
    if node.op == "starts_with":
        return sa.func.substr(subject.value, 1, sa.func.length(part)) == part
    if node.op == "ends_with":
        return compiler.dialect.ending(subject.value, part) == part
    position = compiler.dialect.position(subject.value, part)
    return position > 0 if node.op == "contains" else position == 0


def _same_day(compiler: SqlCompiler, node: Compare, subject: Subject, frame: Frame) -> Element:
    assert node.right is not None
    moment = compiler.target.moment
    right = node.right
    if is_constant(right):
        reference: date | None = compiler.constant(right)
        if reference is None:
            return sa.false()
        other: Element = sa.literal(reference, columns.Day())
    else:
        other = compiler.value(right, frame)
    days = subject.value
    if subject.is_day:
        days = compiler.holding(
            "LOCAL_DAY", [days], frame, lambda v: compiler.dialect.local_day(v, moment)
        )
    return compiler.holding(
        "SAME_DAY",
        [days, other],
        frame,
        lambda day, ref: compiler.dialect.same_day(day, ref, moment),
    )
