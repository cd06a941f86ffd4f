"""Aggregates as SQL: correlated by default, grouped once for all records where that is faster.

A leaf that asks whether there are any rows becomes EXISTS or NOT EXISTS, and so does one about the
greatest or least value, which is about single rows too: the last order is older than 30 days when
there is an order and none is newer. In scan mode a leaf
"aggregate op constant" becomes ``id IN (SELECT link … GROUP BY link HAVING …)`` when records
without rows do not meet it, else NOT EXISTS over the groups that do not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.platform.expressions import sql_leaves
from regulars.platform.expressions.evaluate import Context
from regulars.platform.expressions.numbers import LIMIT
from regulars.platform.expressions.operators import order_of
from regulars.platform.expressions.tree import (
    Aggregate,
    Compare,
    Hop,
    Literal,
    LocalDay,
    Node,
    Path,
)
from regulars.platform.expressions.types import Kind, ValueType, number

if TYPE_CHECKING:
    from regulars.platform.expressions.compile_sql import Element, Frame, SqlCompiler


@dataclass(frozen=True)
class Rows:
    """The FROM of an aggregate: rows whose ``key`` equals ``anchor`` belong to the record."""

    joined: sa.FromClause
    frame: Frame
    key: Element
    anchor: Element
    tests: tuple[Element, ...]


def compile_aggregate(
    compiler: SqlCompiler, node: Aggregate, frame: Frame, *, fold: bool = False
) -> Element:
    """The aggregate for the record at hand, as a correlated scalar subquery."""
    if frame.is_root and node in compiler.shared:
        return compiler.shared[node]
    rows = rows_of(compiler, node, frame)
    query = sa.select().select_from(rows.joined).where(rows.key == rows.anchor, *rows.tests)
    query = query.correlate(*frame.outer)
    if node.name in ("first", "last"):
        return _at_end(compiler, node, rows, query, fold=fold)
    value = query.add_columns(reduced(compiler, node, rows.frame)).scalar_subquery()
    return finished(node, value)


def rows_of(
    compiler: SqlCompiler, node: Aggregate, frame: Frame, *, filtered: bool = True
) -> Rows:
    """The rows of an aggregate; without ``filtered`` also those its WHERE leaves out."""
    hops = list(node.of.hops)
    start = next(p for p, hop in enumerate(hops) if hop.field.type.kind is Kind.ROWS)
    anchor: Element = frame.table.c.id
    if start:
        anchor = compiler.path(replace(node.of, hops=tuple(hops[:start])), frame)
    source = compiler.target.source
    first = source.table(str(hops[start].field.type.form)).alias()
    key = first.c[str(hops[start].field.via)]
    inside, joined = frame.inside(first), first
    for hop in hops[start + 1 :]:
        table = source.table(str(hop.field.type.form)).alias()
        on = _join(compiler, hop, inside, table)
        inside = inside.inside(table)
        joined = sa.join(joined, table, on)  # type: ignore[assignment]
    tests: tuple[Element, ...] = ()
    if filtered and node.where is not None:
        tests = (compiler.condition(node.where, inside, two_valued=False),)
    return Rows(joined, inside, key, anchor, tests)


def _join(compiler: SqlCompiler, hop: Hop, frame: Frame, table: sa.FromClause) -> Element:
    if hop.field.type.kind is Kind.LINK:
        return table.c.id == compiler.hop(hop, frame)
    return table.c[str(hop.field.via)] == frame.table.c.id


def reduced(
    compiler: SqlCompiler, node: Aggregate, frame: Frame, held: Element | None = None
) -> Element:
    """The SQL aggregate itself, before `finished`; with ``held`` only of rows where it holds."""
    if node.value is None:
        return sa.func.count() if held is None else sa.func.count(sa.case((held, 1)))
    value = _only(held, compiler.value(node.value, frame))
    if node.name == "count":
        return sa.func.count(value)
    if node.name == "count_distinct":
        kind = node.value.type
        if kind is not None and kind.kind is Kind.TEXT and not kind.exact:
            value = _only(held, compiler.folded(node.value, frame))
        return sa.func.count(sa.distinct(value))
    if node.name in ("min", "max", "first", "last"):  # the last by its own value is the greatest
        return (sa.func.min if node.name in ("min", "first") else sa.func.max)(value)
    total = compiler.dialect.total(value)
    if node.name == "sum":
        return compiler.dialect.sum_or_zero(total)
    count = sa.func.count(value)
    return compiler.dialect.average(total, count, _scale(node), compiler.target.moment)


def _only(held: Element | None, value: Element) -> Element:
    return value if held is None else sa.case((held, value))


def _scale(node: Aggregate) -> int:
    return node.value.type.scale if node.value is not None and node.value.type is not None else 0


def finished(node: Aggregate, value: Element) -> Element:
    """The value with the type that counts inside a statement."""
    if node.type is not None and node.type.kind is Kind.NUMBER:
        return sa.type_coerce(value, sa.BigInteger())
    return value


def _at_end(
    compiler: SqlCompiler, node: Aggregate, rows: Rows, query: sa.Select[Any], *, fold: bool
) -> Element:
    """FIRST and LAST; by the very value they give, they are MIN and MAX."""
    assert node.value is not None
    pick = sa.func.min if node.name == "first" else sa.func.max
    frame = rows.frame
    key = None if node.order is None else compiler.value(node.order, frame)
    if key is not None and node.order == node.value:
        return query.add_columns(pick(key)).scalar_subquery()
    value = compiler.folded(node.value, frame) if fold else compiler.value(node.value, frame)
    query = query.add_columns(value)
    keys: list[Element] = [frame.table.c.id]
    if key is not None:
        query = query.where(key.is_not(None))
        keys.insert(0, key)
    ordered = [each.asc() if node.name == "first" else each.desc() for each in keys]
    return query.order_by(*ordered).limit(1).scalar_subquery()


def shaped_leaf(compiler: SqlCompiler, node: Compare, frame: Frame) -> Element | None:
    """The leaf in one of the fast shapes, which are never NULL; None when none fits."""
    left = sql_leaves.unformula(node.left)
    inner = sql_leaves.unformula(left.item) if isinstance(left, LocalDay) else left
    if not isinstance(inner, Aggregate) or not sql_leaves.is_constant_right(node):
        return None
    if frame.is_root and inner in compiler.shared:
        return None
    presence = _presence(compiler, node, inner)
    if presence is not None:
        rows = rows_of(compiler, inner, frame)
        tests = [rows.key == rows.anchor, *rows.tests, *_has_value(compiler, inner, rows)]
        query = sa.select(sa.literal(1)).select_from(rows.joined).where(*tests)
        found = query.correlate(*frame.outer).exists()
        return found if presence else ~found
    if (by_rows := _by_rows(compiler, node, inner, frame)) is not None:
        return by_rows
    if not (frame.is_root and compiler.scans) or not groups(inner):
        return None
    return _grouped(compiler, node, inner, frame)


_BELOW = frozenset({"lt", "lte", "older_than"})  # what holds for a value holds for all below it
_ABOVE = frozenset({"gt", "gte"})


def _by_rows(
    compiler: SqlCompiler, node: Compare, inner: Aggregate, frame: Frame
) -> Element | None:
    """A leaf about the greatest or least value as one about the rows; None for any other."""
    ends = {"min": "min", "max": "max"}
    if inner.value is not None and inner.value == inner.order:
        ends = {"first": "min", "last": "max"}
    end, op = ends.get(inner.name), order_of(node.op)
    if end is None or inner.value is None or op not in _BELOW | _ABOVE:
        return None
    if op != "older_than" and node.right is not None and compiler.constant(node.right) is None:
        return None
    value: Node = inner.value
    if isinstance(sql_leaves.unformula(node.left), LocalDay):
        value = LocalDay(value, type=node.left.type)
    leaf = replace(node, left=value, if_none=False)
    if (op in _BELOW) is (end == "max"):  # every row must meet it
        if not node.if_none and _from_index(compiler, inner):
            return _against_end(compiler, node, inner, frame)
        others = ~_rows_that(compiler, leaf, inner, frame, meet=False)
        some = _rows_that(compiler, None, inner, frame)
        return others if node.if_none else sa.and_(some, others)
    found = _rows_that(compiler, leaf, inner, frame)
    if not node.if_none:
        return found
    return sa.or_(found, ~_rows_that(compiler, None, inner, frame))


def _from_index(compiler: SqlCompiler, inner: Aggregate) -> bool:
    """Whether the databases find the end of the rows by one step into an index."""
    value = inner.value
    if not isinstance(value, Path) or len(value.hops) != 1 or len(inner.of.hops) != 1:
        return False
    if value.hops[0].field.formula is not None:
        return False
    return inner.where is None or compiler.target.dialect == "postgresql"


def _against_end(compiler: SqlCompiler, node: Compare, inner: Aggregate, frame: Frame) -> Element:
    subject = _subject_of(node, inner, compiler.value(inner, frame))
    held = sql_leaves.predicate(compiler, node, subject, frame)
    return sql_leaves.finished(node, subject, held, two_valued=True)


def _rows_that(
    compiler: SqlCompiler, leaf: Compare | None, inner: Aggregate, frame: Frame, *,
    meet: bool = True,
) -> sa.Exists:  # fmt: skip
    """Whether there are rows with a value, those that (do not) meet ``leaf``."""
    rows = rows_of(compiler, inner, frame)
    tests = [rows.key == rows.anchor, *rows.tests]
    if leaf is None or not meet:
        tests += _has_value(compiler, inner, rows)
    if leaf is not None:
        subject = sql_leaves.subject_of(compiler, leaf, rows.frame)
        held = sql_leaves.predicate(compiler, leaf, subject, rows.frame)
        tests.append(held if meet else sa.not_(held))
    query = sa.select(sa.literal(1)).select_from(rows.joined).where(*tests)
    return query.correlate(*frame.outer).exists()


def _presence(compiler: SqlCompiler, node: Compare, inner: Aggregate) -> bool | None:
    """True or False when the leaf asks exactly whether there are (no) rows; else None."""
    if inner.name not in ("count", "count_distinct"):
        return None
    op = order_of(node.op)
    if op not in ("is", "is_not", "gt", "gte", "lt", "lte") or node.right is None:
        return None
    holds = [_holds(compiler, node, Decimal(n)) for n in (0, 1, 2, LIMIT)]
    if holds == [False, True, True, True]:
        return True
    return False if holds == [True, False, False, False] else None


def _holds(compiler: SqlCompiler, node: Compare, value: Any) -> bool:
    """The leaf's answer if its left side were ``value``."""
    left = node.left.type or number()
    leaf = replace(node, left=Literal(value, type=left))
    return compiler.python.truth(leaf)({}, Context(compiler.target.moment)) is True


def _has_value(compiler: SqlCompiler, node: Aggregate, rows: Rows) -> list[Element]:
    if node.value is None:
        return []
    return [compiler.value(node.value, rows.frame).is_not(None)]


def groups(node: Aggregate) -> bool:
    """Whether the aggregate can be had from one GROUP BY."""
    return node.name not in ("first", "last") or (
        node.order is not None and node.order == node.value
    )


def _grouped(
    compiler: SqlCompiler, node: Compare, inner: Aggregate, frame: Frame
) -> Element | None:
    empty = Decimal(0) if inner.name in ("count", "count_distinct", "sum") else None
    without_rows = _holds(compiler, node, empty)
    if without_rows and compiler.target.dialect == "sqlite":
        return None  # correlated is the better shape there
    rows = rows_of(compiler, inner, replace(frame, is_root=False))
    query = sa.select(rows.key.label("k")).select_from(rows.joined).where(*rows.tests)
    query = query.where(rows.key.is_not(None)).group_by(rows.key)
    subject = _group_subject(compiler, node, inner, rows)
    held = sql_leaves.predicate(compiler, node, subject, rows.frame)
    held = sql_leaves.finished(node, subject, held, two_valued=True)
    if not without_rows:
        found = rows.anchor.in_(query.having(held))
        is_id = rows.anchor is frame.table.c.id
        return found if is_id else sa.and_(rows.anchor.is_not(None), found)
    groups = query.having(sa.not_(held)).subquery()
    failing = sa.select(sa.literal(1)).select_from(groups).where(groups.c.k == rows.anchor)
    return ~failing.correlate(*frame.outer).exists()


def _group_subject(
    compiler: SqlCompiler, node: Compare, inner: Aggregate, rows: Rows
) -> sql_leaves.Subject:
    value = finished(inner, reduced(compiler, inner, rows.frame))
    return _subject_of(node, inner, value)


def _subject_of(node: Compare, inner: Aggregate, value: Element) -> sql_leaves.Subject:
    is_day = isinstance(sql_leaves.unformula(node.left), LocalDay)
    kind: ValueType = inner.type or number()
    return sql_leaves.Subject(value, kind, is_day=is_day)
