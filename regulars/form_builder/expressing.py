"""The expression language over this workspace's tables: what the other modules ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.reach import Reader
from regulars.form_builder.rows import StoredRecords
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.compile_sql import Target, compile_sql, compile_value_sql
from regulars.platform.expressions.evaluate import Context
from regulars.platform.expressions.numbers import fit
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Kind, Moment, ValueType
from regulars.platform.expressions.windows import day_start
from regulars.platform.expressions.zones import local_day
from regulars.platform.ids import new_code

Mode = Literal["auto", "scan", "single"]
_PASSING = frozenset({"now", "today", "member_id", "unit_ids"})
_WATCHED = "watched-moment"
_SAME = ({Kind.TEXT, Kind.CHOICE}, {Kind.DATE, Kind.DATETIME})


class WatchedMoment(Moment):
    """A moment that notes whether anybody asked it for more than the calendar."""

    was_asked = False

    def __getattribute__(self, name: str) -> Any:
        if name in _PASSING:
            object.__setattr__(self, "was_asked", True)
        return super().__getattribute__(name)


@contextmanager
def watched_moment(uow: UnitOfWork, access: Access) -> Iterator[WatchedMoment]:
    """Give everybody inside this reader's moment, and see whether they look at it."""
    place = uow.workspace
    moment = WatchedMoment(
        uow.now, place.tz, place.week_start, access.member_id, access.unit_ids, place.leap_day
    )
    uow.memo[_WATCHED] = moment
    try:
        yield moment
    finally:
        del uow.memo[_WATCHED]


def moment_of(uow: UnitOfWork, access: Access | None = None) -> Moment:
    """What now, today, me and my stores mean in this transaction."""
    watched: Moment | None = uow.memo.get(_WATCHED)
    if watched is not None:
        return watched
    me = (None, ()) if access is None else (access.member_id, access.unit_ids)
    known: Moment | None = uow.memo.get(("moment", me))
    if known is None or known.now is not uow.now:  # some look at another moment for a while
        place = uow.workspace
        known = Moment(uow.now, place.tz, place.week_start, *me, place.leap_day)
        uow.memo["moment", me] = known
    return known


def context(uow: UnitOfWork, access: Access | None, records: StoredRecords) -> Context:
    """What the Python evaluator needs besides the row."""
    return Context(moment_of(uow, access), records, new_code)


def target_of(
    uow: UnitOfWork, catalog: FormCatalog, access: Access | None = None, mode: Mode = "auto"
) -> Target:
    """What the SQL compiler makes statements for, in this transaction."""
    if access is None:
        return Target(catalog.whole.shapes, catalog.source(), moment_of(uow), uow.dialect, mode)
    return replace(reader_of(uow, catalog, access).target(), mode=mode)


def reader_of(uow: UnitOfWork, catalog: FormCatalog, access: Access) -> Reader:
    """Whoever looks at records in this transaction, with their limits."""
    return Reader(access, catalog, moment_of(uow, access), uow.dialect)


def where_sql(
    uow: UnitOfWork, catalog: FormCatalog, tree: Node, root: sa.FromClause,
    access: Access | None = None, mode: Mode = "auto",
) -> Any:  # fmt: skip
    """A checked condition as a WHERE part over ``root``, the form's table or an alias of it."""
    return compile_sql(tree, target_of(uow, catalog, access, mode), root)


def value_sql(
    uow: UnitOfWork, catalog: FormCatalog, tree: Node, root: sa.FromClause,
    access: Access | None = None,
) -> Any:  # fmt: skip
    """A checked value as an SQL expression that comes back as a plain value."""
    return compile_value_sql(tree, target_of(uow, catalog, access, "single"), root)


def fits(found: ValueType, wanted: ValueType) -> bool:
    """Whether a computed value can be kept in a field of type ``wanted``."""
    if found.kind is Kind.MISSING or found.kind is wanted.kind:
        same_form = found.kind is not Kind.LINK or found.form == wanted.form
        return same_form and found.kind is not Kind.ROWS
    return any(found.kind in group and wanted.kind in group for group in _SAME)


def fitted(value: Any, wanted: ValueType, moment: Moment) -> Any:
    """A computed value as its field keeps it: so many places, a day or the start of one."""
    if isinstance(value, Decimal) and wanted.kind is Kind.NUMBER:
        return fit(value, wanted.scale)
    if isinstance(value, datetime):
        return local_day(value, moment.zone) if wanted.kind is Kind.DATE else value
    if isinstance(value, date) and wanted.kind is Kind.DATETIME:
        return day_start(value, moment)
    return value


@dataclass(frozen=True)
class SortKey:
    """One part of an order; missing values come last whichever way it runs."""

    column: Any
    descending: bool = False
    is_id: bool = False
    kind: Kind = Kind.LINK  # of the value; an id is one

    @property
    def clauses(self) -> list[Any]:
        """What stands in ORDER BY."""
        directed = self.column.desc() if self.descending else self.column.asc()
        return [directed] if self.is_id else [directed.nulls_last()]

    def same(self, value: Any) -> Any:
        """Rows that tie with ``value``."""
        return self.column.is_(None) if value is None else self.column == value

    def after(self, value: Any) -> Any:
        """Rows that come later than ``value``."""
        if value is None:
            return sa.false()
        later = self.column < value if self.descending else self.column > value
        return later if self.is_id else sa.or_(later, self.column.is_(None))


def beyond(order: Sequence[SortKey], last: Sequence[Any]) -> Any:
    """Rows after the one whose sort values are ``last``."""
    options = []
    for position, key in enumerate(order):
        ties = [earlier.same(last[n]) for n, earlier in enumerate(order[:position])]
        options.append(sa.and_(*ties, key.after(last[position])))
    return sa.or_(*options)
