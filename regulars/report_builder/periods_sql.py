"""Bringing rows into periods inside SQL, by edges that Python computed.

Where the time field has an index, the list of periods is joined to the rows by range (each period
is one stretch of the index); elsewhere a search tree of CASE finds the period in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from regulars.platform import columns
from regulars.report_builder.ground import Ground
from regulars.report_builder.periods import Span


class PinnedJoin(Join):
    """A join whose left side is read first; SQLite would otherwise choose by guessing."""

    inherit_cache = True


@compiles(PinnedJoin, "sqlite")
def _cross_join(element: PinnedJoin, compiler: SQLCompiler, **how: Any) -> str:
    left = compiler.process(element.left, asfrom=True, **_without(how))
    right = compiler.process(element.right, asfrom=True, **_without(how))
    on = (
        compiler.process(element.onclause, **_without(how)) if element.onclause is not None else ""
    )
    return " ".join((left, "CROSS JOIN", right, "ON", on))


def _without(how: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in how.items() if key != "asfrom"}


@dataclass(frozen=True)
class Bounds:
    """Where rows begin and end to count, as the time field knows it; an open side is None."""

    lo: Any = None
    hi: Any = None

    def edges(self, span: Span, *, is_day: bool) -> tuple[Any, Any]:
        """Where a period begins and ends, as days or as instants, inside the bounds."""
        lo, hi = (span.first, span.following) if is_day else (span.lo, span.hi)
        return (
            lo if self.lo is None else max(lo, self.lo),
            hi if self.hi is None else min(hi, self.hi),
        )


OPEN = Bounds()


def calendar(spans: Sequence[Span], bounds: Bounds, *, is_day: bool) -> sa.CTE:
    """The periods as rows: number, first, end. They may overlap.

    The bounds are worked into the edges, for a condition of its own on the time would make SQLite
    read the index from each period's beginning to the end of all.
    """
    edge = columns.Day if is_day else columns.Instant
    listed = sa.values(
        sa.column("period", sa.Integer), sa.column("lo", edge), sa.column("hi", edge)
    )
    rows = [(number, *bounds.edges(span, is_day=is_day)) for number, span in enumerate(spans)]
    return listed.data(rows).cte("calendar")


def join_calendar(listed: sa.CTE, rows: sa.FromClause, at: sa.ColumnElement[Any]) -> PinnedJoin:
    """Each row once for every period that holds its ``at``."""
    inside = sa.and_(at >= listed.c.lo, at < listed.c.hi)
    return PinnedJoin(listed, rows, inside)


def bucket(
    at: sa.ColumnElement[Any], spans: Sequence[Span], *, is_day: bool
) -> sa.ColumnElement[int]:
    """The number of the period that holds ``at``; the periods follow each other without gaps.

    Only for rows between the first edge and the last.
    """
    return _search(at, spans, 0, len(spans), is_day)


@dataclass(frozen=True)
class Placed:
    """Rows in their periods: the period's number, what to read FROM first, what must hold."""

    number: sa.ColumnElement[int]
    first: sa.FromClause | None = None
    conditions: tuple[sa.ColumnElement[bool], ...] = ()


def place(
    ground: Ground,
    path: str,
    spans: Sequence[Span],
    bounds: Bounds = OPEN,
    *,
    may_join: bool = True,
) -> Placed:
    """Bring the rows of ``ground`` into consecutive periods by their time at ``path``."""
    if not spans:
        return Placed(sa.literal(0, sa.Integer), None, (sa.false(),))
    at, is_day = ground.value(path), ground.is_day(path)
    if may_join and ground.is_indexed(path):
        listed = calendar(spans, bounds, is_day=is_day)
        return Placed(listed.c.period, join_calendar(listed, ground.root, at))
    lo = bounds.edges(spans[0], is_day=is_day)[0]
    hi = bounds.edges(spans[-1], is_day=is_day)[1]
    return Placed(bucket(at, spans, is_day=is_day), None, (at >= lo, at < hi))


def place_in_overlapping(
    ground: Ground, path: str, spans: Sequence[Span], bounds: Bounds = OPEN
) -> Placed:
    """As `place` for periods that may overlap: a row counts in each that holds it."""
    at, is_day = ground.value(path), ground.is_day(path)
    listed = calendar(spans, bounds, is_day=is_day)
    if ground.is_indexed(path):
        return Placed(listed.c.period, join_calendar(listed, ground.root, at))
    inside = (at >= listed.c.lo, at < listed.c.hi)
    return Placed(listed.c.period, None, inside)


def _search(
    at: sa.ColumnElement[Any], spans: Sequence[Span], low: int, high: int, is_day: bool
) -> sa.ColumnElement[int]:
    if high - low == 1:
        return sa.literal(low, sa.Integer)
    middle = (low + high) // 2
    edge = spans[middle].first if is_day else spans[middle].lo
    return sa.case(
        (at < edge, _search(at, spans, low, middle, is_day)),
        else_=_search(at, spans, middle, high, is_day),
    )
