"""Tags: sets of words in a side table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.tree import Compare, Formula, Many, Node, Path

if TYPE_CHECKING:
    from regulars.platform.expressions.compile_sql import Element, Frame, SqlCompiler


def compile_tags(compiler: SqlCompiler, node: Compare, frame: Frame) -> Element:
    """A leaf about tags; never NULL. Without a record there are no tags."""
    path = node.left
    while isinstance(path, Formula):
        path = path.body
    assert isinstance(path, Path)
    last = path.hops[-1]
    side = compiler.target.source.side(last.form, last.field.key).alias()
    record: Element = frame.table.c.id
    if len(path.hops) > 1:
        record = compiler.path(replace(path, hops=path.hops[:-1]), frame)
    query = sa.select(sa.literal(1)).where(side.c.record == record).correlate(*frame.outer)
    if node.op in ("is_empty", "is_not_empty"):
        return query.exists() if node.op == "is_not_empty" else ~query.exists()
    return _compare(compiler, node, frame, query, side)


def _compare(
    compiler: SqlCompiler,
    node: Compare,
    frame: Frame,
    query: sa.Select[Any],
    side: sa.FromClause,
) -> Element:
    nodes = node.right.items if isinstance(node.right, Many) else (node.right,)
    items = [item for item in nodes if item is not None]
    known = _all_known(compiler, items, frame)
    if known is None:
        return sa.false()
    values = [compiler.value(item, frame) for item in items]
    if node.op in ("has", "has_all"):
        found = [query.where(side.c.value == value).exists() for value in values]
        return sa.and_(sa.true(), *known, *found)
    one_of = query.where(side.c.value.in_(values)).exists()
    if node.op == "has_any":
        return sa.and_(sa.true(), *known, one_of)
    return sa.and_(sa.true(), *known, ~one_of)


def _all_known(compiler: SqlCompiler, items: list[Node], frame: Frame) -> list[Element] | None:
    """Tests that computed words are there at all; None when a constant one is not."""
    tests: list[Element] = []
    for item in items:
        if is_constant(item):
            if compiler.constant(item) is None:
                return None
        else:
            tests.append(compiler.value(item, frame).is_not(None))
    return tests
