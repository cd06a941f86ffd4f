"""Groups of a list and what stands at its foot: one SELECT over every record that is found.

The records are those of `finding`: the same filter, words and reach. A field that the reader sees
masked or not at all is refused, never quietly counted. Sums and extremes come from SQL; an
average is divided exactly, with six decimals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.arranging import (
    DATED,
    Arrangement,
    Group,
    group_problems,
    kind_at,
    summary_problems,
)
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.finding import Asked, conditions, understand
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import require_verb
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions import numbers, times
from regulars.platform.expressions.types import Kind, Moment
from regulars.platform.problems import Problem

MOST_GROUPS = 200

Json = dict[str, Any]


@dataclass(frozen=True)
class Sums:
    """Records that belong together: the ``keys`` of their groups, how many, and what they come to.

    ``condition`` finds them in the list.
    """

    keys: tuple[Any, ...]
    count: int
    values: Mapping[str, Any]
    condition: Json | None = None


@dataclass(frozen=True)
class Summary:
    """What a list comes to as a whole, and by groups; ``is_more`` when some are left out."""

    whole: Sums
    groups: list[Sums] = field(default_factory=list)
    is_more: bool = False


def summarise(
    uow: UnitOfWork, access: Access, form_key: str, query: RecordQuery, wanted: Arrangement
) -> Summary:
    """The sums of every record that meets the query; Invalid names what cannot be summed."""
    require_verb(access, form_key, "read")
    catalog = catalog_for(uow, access)
    refused = _refused(catalog, form_key, wanted)
    if refused:
        raise Invalid(refused)
    asked = understand(uow, access, catalog, catalog.get_form(form_key), query)
    work = _Work(asked, replace(wanted, group=_by_days(catalog, form_key, wanted.group)))
    [whole] = work.ask(())
    if not wanted.group:
        return Summary(whole)
    groups = work.ask(work.wanted.group)
    return Summary(whole, groups[:MOST_GROUPS], len(groups) > MOST_GROUPS)


def _by_days(catalog: FormCatalog, form_key: str, groups: Sequence[Group]) -> tuple[Group, ...]:
    """Instants go by their days where nobody said by what."""

    def settled(group: Group) -> Group:
        kind, _problems = kind_at(catalog, form_key, group.field)
        by = "day" if kind is Kind.DATETIME and group.by is None else group.by
        return replace(group, by=by)

    return tuple(map(settled, groups))


def _refused(catalog: FormCatalog, form_key: str, wanted: Arrangement) -> list[Problem]:
    found = []
    for n, group in enumerate(wanted.group):
        found += [p.under(f"group/{n}") for p in group_problems(catalog, form_key, group)]
    for path, each in wanted.summaries.items():
        problems = summary_problems(catalog, form_key, path, each)
        found += [p.under(f"summaries/{path[:60]}") for p in problems]
    return found


@dataclass(frozen=True)
class _Work:
    """One list with the sums that are wanted of it."""

    asked: Asked
    wanted: Arrangement

    def ask(self, groups: Sequence[Group]) -> list[Sums]:
        """The sums of each group; of no groups the sums of the whole list."""
        name = ("sums", tuple(groups), tuple(self.wanted.summaries.items()))
        rows = self.asked.rows(name, partial(self._statement, groups), {})
        return [self._read(groups, row) for row in rows]

    def _statement(self, groups: Sequence[Group]) -> sa.Select[Any]:
        inner = sa.select(*self._keys(groups), *self._inputs()).select_from(self.asked.table)
        rows = inner.where(*conditions(self.asked)).subquery("rows")
        keys = [rows.c[f"g{n}"] for n in range(len(groups))]
        count = sa.func.count().label("n")
        outer = sa.select(*keys, count, *self._outputs(rows)).select_from(rows)
        if not groups:
            return outer
        ordered = self._order(groups, keys, count)
        return outer.group_by(*keys).order_by(*ordered).limit(MOST_GROUPS + 1)

    def _order(self, groups: Sequence[Group], keys: Sequence[Any], count: Any) -> list[Any]:
        """Days and numbers by themselves, the newest first; names by how many there are."""
        first = self._kind(groups[0].field)
        ordered = [key.desc().nulls_last() for key in keys]
        return ordered if first in (*DATED, Kind.NUMBER) else [count.desc(), *ordered]

    def _keys(self, groups: Sequence[Group]) -> list[Any]:
        return [self._value(each.field, each.by).label(f"g{n}") for n, each in enumerate(groups)]

    def _inputs(self) -> list[Any]:
        """What each aggregate takes in of one record; there is always one column to count."""
        found: list[Any] = [sa.literal(1, sa.Integer).label("one")]
        for n, (path, each) in enumerate(self.wanted.summaries.items()):
            if each == "filled":
                found.append(sa.case((self._is_filled(path), 1)).label(f"v{n}"))
            elif each != "count":
                found.append(self._value(path).label(f"v{n}"))
        return found

    def _outputs(self, rows: sa.Subquery) -> list[Any]:
        found: list[Any] = []
        for n, each in enumerate(self.wanted.summaries.values()):
            if each == "filled":
                found.append(sa.func.count(rows.c[f"v{n}"]).label(f"v{n}"))
            elif each == "avg":
                found.append(sa.func.sum(rows.c[f"v{n}"]).label(f"v{n}"))
                found.append(sa.func.count(rows.c[f"v{n}"]).label(f"n{n}"))
            elif each != "count":
                found.append(getattr(sa.func, each)(rows.c[f"v{n}"]).label(f"v{n}"))
        return found

    def _value(self, path: str, by: str | None = None) -> Any:
        asked = self.asked
        if by is None:
            tree, _problems = asked.catalog.path(asked.form.key, path)
        else:
            tree = asked.catalog.period(asked.form.key, path, by)
        return expressing.value_sql(asked.uow, asked.catalog, tree, asked.table, asked.access)

    def _is_filled(self, path: str) -> Any:
        asked = self.asked
        raw = {"field": path, "op": "is_not_empty"}
        tree, _problems = asked.catalog.condition(asked.form.key, raw)
        return expressing.where_sql(asked.uow, asked.catalog, tree, asked.table, asked.access)

    def _kind(self, path: str) -> Kind | None:
        return kind_at(self.asked.catalog, self.asked.form.key, path)[0]

    def _read(self, groups: Sequence[Group], row: Mapping[str, Any]) -> Sums:
        values: dict[str, Any] = {}
        for n, (path, each) in enumerate(self.wanted.summaries.items()):
            values[path] = row["n"] if each == "count" else row[f"v{n}"]
            if each == "sum" and values[path] is None:
                values[path] = Decimal(0)
            elif each == "avg" and values[path] is not None:
                values[path] = numbers.divide(values[path], Decimal(row[f"n{n}"]))
        keys = tuple(row[f"g{n}"] for n in range(len(groups)))
        moment = expressing.moment_of(self.asked.uow)
        leaves = [
            leaf
            for group, key in zip(groups, keys, strict=True)
            for leaf in _leaves(group, key, self._kind(group.field), moment)
        ]
        return Sums(keys, row["n"], values, {"all": leaves} if leaves else None)


def _leaves(group: Group, key: Any, kind: Kind | None, moment: Moment) -> list[Json]:
    """The conditions of the records of one group."""
    path = group.field
    if key is None:
        return [{"field": path, "op": "is_empty"}]
    if group.by is not None and isinstance(key, date):
        edges: tuple[Any, Any] = (key, _following(key, group.by))
        if kind is Kind.DATETIME:
            edges = (_start(edges[0], moment), _start(edges[1], moment))
        named = zip(("on_or_after", "before"), edges, strict=True)
        # an edge that no calendar shows leaves its side open
        return [
            {"field": path, "op": op, "value": _text(edge)}
            for op, edge in named
            if edge is not None
        ]
    plain = key if isinstance(key, (bool, int)) else _text(key)
    return [{"field": path, "op": "is", "value": plain}]


def _following(day: date, by: str) -> date | None:
    """The first day of the next period; None after the last one."""
    if by == "day":
        return None if day == date.max else day + timedelta(days=1)
    return times.add_units(day, 1, by)


def _start(day: date | None, moment: Moment) -> datetime | None:
    try:
        return None if day is None else moment.day_start(day)
    except OverflowError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)
