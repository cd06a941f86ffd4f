"""Many conditions about the same records in one statement.

Aggregates over the same rows are computed together: one grouped pass over the rows gives a column
for each, and every condition that asks for one of them reads that column. What does not share
anything keeps the shape it would have alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions import sql_aggregates
from regulars.platform.expressions.compile_sql import Element, Frame, SqlCompiler, Target
from regulars.platform.expressions.tree import Aggregate, Node, Path, children
from regulars.platform.expressions.types import Kind

MAX_COLUMNS = 60  # aggregates that share one pass

Among = Sequence[int] | sa.BindParameter[int]


@dataclass(frozen=True)
class Shared:
    """The aggregates of one relation, and the derived table that holds them."""

    of: Path
    nodes: tuple[Aggregate, ...]


def shared_pass(
    trees: Sequence[Node], target: Target, root: sa.FromClause, *, fuse: bool = True
) -> sa.Select[tuple[int, ...]]:
    """``id, c0, c1, …``: of every record that meets a condition, which of them it meets.

    ``trees`` are checked conditions about records of ``root``; the flags are never NULL.
    """
    flags, query = _flagged(trees, target, root, None, fuse=fuse)
    return query.where(sa.or_(sa.false(), *flags))


def flags_of(
    trees: Sequence[Node], target: Target, root: sa.FromClause, among: Among | None
) -> sa.Select[tuple[int, ...]]:
    """``id, c0, c1, …`` of every record, or of those ``among``, whatever it meets.

    An expanding parameter as ``among`` takes its records when the statement runs.
    """
    _flags, query = _flagged(trees, target, root, among, fuse=True)
    return query if among is None else query.where(root.c.id.in_(among))


def _flagged(
    trees: Sequence[Node], target: Target, root: sa.FromClause, among: Among | None, *,
    fuse: bool,
) -> tuple[list[Element], sa.Select[tuple[int, ...]]]:  # fmt: skip
    compiler = SqlCompiler(target)
    frame = Frame(root, (root,), is_root=True)
    joined: sa.FromClause = root
    for each in relations(trees) if fuse else ():
        rows = _grouped(compiler, each, frame, among)
        joined = sa.outerjoin(joined, rows, rows.c.k == root.c.id)
        compiler.shared.update(_columns(compiler, each, rows))
    flags = [compiler.condition(tree, frame, two_valued=True) for tree in trees]
    named = [
        sa.type_coerce(flag, columns.Flag()).label(f"c{place}") for place, flag in enumerate(flags)
    ]
    return flags, sa.select(root.c.id, *named).select_from(joined)


def shareable(trees: Sequence[Node]) -> set[Path]:
    """The relations of which one pass could serve several conditions."""
    return {node.of for tree in trees for node in _outermost(tree) if _can_share(node)}


def relations(trees: Sequence[Node]) -> list[Shared]:
    """Relations of the record itself that several aggregates of the conditions are about."""
    found: dict[Path, dict[Aggregate, None]] = {}
    for tree in trees:
        for node in _outermost(tree):
            if _can_share(node):
                found.setdefault(node.of, {})[node] = None
    return [
        Shared(of, tuple(nodes)[:MAX_COLUMNS]) for of, nodes in found.items() if len(nodes) > 1
    ]


def _outermost(node: Node) -> Iterator[Aggregate]:
    """The aggregates of the record at hand, not those inside others."""
    if isinstance(node, Aggregate):
        yield node
        return
    for child in children(node):
        yield from _outermost(child)


def _can_share(node: Aggregate) -> bool:
    hops = node.of.hops
    return (
        len(hops) == 1
        and hops[0].field.type.kind is Kind.ROWS
        and node.type is not None
        and sql_aggregates.groups(node)
    )


def _grouped(
    compiler: SqlCompiler, shared: Shared, frame: Frame, among: Among | None
) -> sa.Subquery:
    """``k, a0, a1, …``: the link and each aggregate over the rows that it counts."""
    rows = sql_aggregates.rows_of(compiler, shared.nodes[0], frame, filtered=False)
    made = []
    tests = []
    for place, node in enumerate(shared.nodes):
        held = None
        if node.where is not None:
            held = compiler.condition(node.where, rows.frame, two_valued=False)
            tests.append(held)
        made.append(sql_aggregates.reduced(compiler, node, rows.frame, held).label(f"a{place}"))
    query = sa.select(rows.key.label("k"), *made).select_from(rows.joined)
    here = rows.key.is_not(None) if among is None else rows.key.in_(among)
    query = query.where(here).group_by(rows.key)
    if len(tests) == len(shared.nodes):  # rows that nobody counts need not be looked at
        query = query.where(sa.or_(*tests))
    return query.subquery()


def _columns(
    compiler: SqlCompiler, shared: Shared, rows: sa.Subquery
) -> Mapping[Aggregate, Element]:
    found = {}
    for place, node in enumerate(shared.nodes):
        value: Element = rows.c[f"a{place}"]
        if node.name in ("count", "count_distinct", "sum"):
            value = sa.func.coalesce(value, 0)
        found[node] = sql_aggregates.finished(node, value)
    return found
