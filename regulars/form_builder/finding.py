"""One page of a list: its statements are built once for each form, filter and order.

Missing values come last in every order. Where an index does not know that, or a cursor stands in
front of them, the records with a value and those without are asked for one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import cursors, expressing
from regulars.form_builder.catalog import Checked, FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.expressing import SortKey
from regulars.form_builder.kept_queries import ask
from regulars.form_builder.link_limits import LinkLimits
from regulars.form_builder.linking import unknown_names
from regulars.form_builder.querying import (
    MAX_LIMIT,
    RecordPage,
    RecordQuery,
    complete,
    scope_conditions,
    select_list,
    to_record,
)
from regulars.form_builder.searching.words import WordSearch, word_search
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under

Row = Mapping[str, Any]
_NOT_FOR_SORTING = ("masked-field",)


@dataclass(frozen=True)
class _Sort:
    """One part of the wanted order, checked."""

    tree: Node
    descending: bool
    kind: Kind


@dataclass(frozen=True)
class _Part:
    """The records of one statement: all, those with a value to sort by, or those without.

    ``after`` says of each sort key whether the record that the page comes after has a value.
    """

    which: str = "all"
    after: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A query whose filter, order and words are checked and understood."""

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    form: FormDefinition
    query: RecordQuery
    tree: Node | None
    filtered: Any  # the filter as it is named among the kept statements
    sort: tuple[_Sort, ...]
    search: WordSearch | None
    marks: tuple[Node | None, ...] = ()

    @property
    def table(self) -> sa.Table:
        """The table of the records."""
        return self.catalog.tables[self.form.key].main

    @property
    def name(self) -> tuple[Any, ...]:
        """Whatever the statements depend on, besides the reader."""
        shape = self.search.shape if self.search else None
        return (
            self.form.key,
            self.query.verb,
            self.filtered,
            self.query.sort,
            shape,
            self._marked,
        )

    @property
    def _marked(self) -> tuple[str, ...]:
        return tuple(map(self.catalog.condition_name, self.query.marks))

    @property
    def values(self) -> Mapping[str, Any]:
        """The parameters of every statement of this query."""
        return self.search.values if self.search else {}

    def rows(self, name: tuple[Any, ...], build: Any, values: Mapping[str, Any]) -> list[Row]:
        """What a statement finds."""
        given = {**self.values, **values}
        return ask(
            self.uow, self.access, self.catalog, (*name, self.name), build, given,
            passing=self.tree is not None or bool(self.marks),
        )  # fmt: skip


def find(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, query: RecordQuery
) -> RecordPage:
    """The page of records that meet the filter, within the reader's scope."""
    asked = understand(uow, access, catalog, form, query)
    limit = max(1, min(query.limit, MAX_LIMIT))
    named_order = ",".join((form.key, *query.sort))
    last: list[Any] = []
    if query.cursor is not None:
        last = cursors.decode(query.cursor, [each.kind for each in asked.sort], named_order)
    found = _page(asked, last, limit + 1)
    records = [to_record(catalog, form, row) for row in found[:limit]]
    for record, row in zip(records, found, strict=False):
        record.marks = tuple(bool(row[f"mark_{n}"]) for n in range(len(asked.marks)))
    complete(uow, access, catalog, form, records)
    following = None
    if len(found) > limit:
        edge = [found[limit - 1][f"sort_{n}"] for n in range(len(asked.sort) + 1)]
        following = cursors.encode(edge, named_order)
    total = _count(asked) if query.count else None
    most = query.count_to
    if total is None or most is None or total <= most:
        return RecordPage(records, following, total)
    return RecordPage(records, following, most, is_more=True)


def find_all_ids(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    query: RecordQuery, most: int,
) -> list[int]:  # fmt: skip
    """The ids of every record that meets the filter, at most so many, within the same scope."""
    asked = understand(uow, access, catalog, form, query)
    rows = asked.rows(("ids",), partial(_ids, asked), {"most": most})
    return [int(row["id"]) for row in rows]


def _ids(asked: Asked) -> sa.Select[Any]:
    some = sa.select(asked.table.c.id).where(*conditions(asked)).order_by(asked.table.c.id)
    return some.limit(sa.bindparam("most", type_=sa.Integer))


def understand(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, query: RecordQuery
) -> Asked:
    """A query checked for this reader; Invalid with every problem of it."""
    tree, name = None, None
    if query.filter:
        tree, problems = _condition(uow, access, catalog, form, query.filter)
        if problems:
            raise Invalid(under("filter", problems))
        name = catalog.condition_name(query.filter)
    search = word_search(uow, catalog, form, query.search) if query.search else None
    sort = tuple(_sort_by(catalog, form, n, path) for n, path in enumerate(query.sort))
    looked = (_condition(uow, access, catalog, form, each) for each in query.marks)
    marks = tuple(None if problems else node for node, problems in looked)
    return Asked(uow, access, catalog, form, query, tree, name, sort, search, marks)


def _condition(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    raw: Mapping[str, Any],
) -> Checked:  # fmt: skip
    """A condition's tree, and its problems for this reader."""
    tree, problems = catalog.condition(form.key, raw)
    limits = LinkLimits(expressing.reader_of(uow, catalog, access))
    return tree, problems or unknown_names(uow, catalog, tree, limits)


def _sort_by(catalog: FormCatalog, form: FormDefinition, position: int, name: str) -> _Sort:
    path = name.removeprefix("-")
    tree, problems = catalog.path(form.key, path)
    if any(problem.code in _NOT_FOR_SORTING for problem in problems):
        raise Invalid([replace(each, path=f"sort/{position}") for each in problems])
    if problems or tree.type is None or tree.type.kind in (Kind.TAGS, Kind.ROWS):
        raise Invalid([Problem(f"sort/{position}", "cannot-sort", {"field": path})])
    return _Sort(tree, name.startswith("-"), tree.type.kind)


def _page(asked: Asked, last: Sequence[Any], limit: int) -> list[Row]:
    found: list[Row] = []
    given = {f"last_{n}": value for n, value in enumerate(last) if value is not None}
    for part in _parts(asked, last):
        values = {"most": limit - len(found), "skip": asked.query.offset}
        if part.after:
            values |= given
        build = partial(_statement, asked, part)
        found += asked.rows(("list", part.which, part.after), build, values)
        if len(found) >= limit:
            break
    return found


def _parts(asked: Asked, last: Sequence[Any]) -> Iterator[_Part]:
    """The statements of a page, in the order of their records."""
    after = tuple(value is not None for value in last)
    if last and asked.sort:
        if after[0]:
            yield _Part("with", after)
        yield _Part("without", () if after[0] else after)
    elif not last and asked.sort and not asked.query.offset and _is_upside_down(asked):
        yield _Part("with")
        yield _Part("without")
    else:
        yield _Part("all", after)


def _is_upside_down(asked: Asked) -> bool:
    """Whether the database's indexes have missing values where our lists do not."""
    return asked.uow.dialect == "sqlite" and not asked.sort[0].descending


def _statement(asked: Asked, part: _Part) -> sa.Select[Any]:
    """The SELECT of one part, for parameters ``most``, ``skip`` and the ``last_…`` values."""
    order = _order(asked)
    shown = [key.column.label(f"sort_{n}") for n, key in enumerate(order)]
    where = conditions(asked)
    first = order[0]
    if part.which == "with":
        where.append(first.column.is_not(None))
    elif part.which == "without":
        where.append(first.column.is_(None))
    if part.after:
        where += _later(order, part)
    clauses = [clause for each in order for clause in each.clauses]
    if part.which == "without":
        clauses = clauses[1:]
    elif part.which == "with" and asked.uow.dialect == "sqlite":
        clauses[0] = first.column.desc() if first.descending else first.column.asc()
    columns = select_list(asked.uow, asked.access, asked.catalog, asked.form)
    statement = sa.select(*columns, *shown, *_marks(asked)).where(*where).order_by(*clauses)
    most, skip = (sa.bindparam(name, type_=sa.Integer) for name in ("most", "skip"))
    return statement.limit(most).offset(skip)


def _marks(asked: Asked) -> list[Any]:
    """Of each condition that is only looked at, whether a record meets it."""
    uow, catalog, table, access = asked.uow, asked.catalog, asked.table, asked.access
    met = [
        sa.false() if each is None else expressing.where_sql(uow, catalog, each, table, access)
        for each in asked.marks
    ]
    return [sa.case((each, 1), else_=0).label(f"mark_{n}") for n, each in enumerate(met)]


def _later(order: Sequence[SortKey], part: _Part) -> list[Any]:
    """Records after the one whose sort values are the parameters ``last_…``."""
    values = [
        sa.bindparam(f"last_{n}", type_=key.column.type) if known else None
        for n, (key, known) in enumerate(zip(order, part.after, strict=True))
    ]
    if part.which == "without":
        return [expressing.beyond(order[1:], values[1:])]
    later = [expressing.beyond(order, values)]
    if part.which == "with":  # for the index: where the part begins
        first, value = order[0].column, values[0]
        later.append(first <= value if order[0].descending else first >= value)
    return later


def _order(asked: Asked) -> list[SortKey]:
    """The sort keys; missing values last, ties by id."""
    uow, catalog, table, access = asked.uow, asked.catalog, asked.table, asked.access
    keys = [
        SortKey(
            expressing.value_sql(uow, catalog, each.tree, table, access), each.descending,
            kind=each.kind,
        )
        for each in asked.sort
    ]  # fmt: skip
    descending = asked.sort[-1].descending if asked.sort else True
    return [*keys, SortKey(table.c.id, descending, is_id=True)]


def conditions(asked: Asked) -> list[Any]:
    """The WHERE parts: the reader's scope, the filter, the words."""
    uow, access, catalog, table = asked.uow, asked.access, asked.catalog, asked.table
    parts = [
        limit
        for verb in dict.fromkeys(("read", asked.query.verb))
        for limit in scope_conditions(uow, access, catalog, asked.form.key, table, verb)
    ]
    if asked.tree is not None:
        parts.append(expressing.where_sql(uow, catalog, asked.tree, table, access))
    if asked.search is not None:
        parts.append(asked.search.condition(uow.dialect, table))
    return parts


def _count(asked: Asked) -> int:
    """How many there are, or one more than was asked for when there are more."""
    most = asked.query.count_to
    values = {} if most is None else {"most": most + 1}
    [row] = asked.rows(("count", most is None), partial(_counting, asked), values)
    return int(row["n"])


def _counting(asked: Asked) -> sa.Select[Any]:
    where = conditions(asked)
    if asked.query.count_to is None:
        return sa.select(sa.func.count().label("n")).select_from(asked.table).where(*where)
    some = sa.select(asked.table.c.id).where(*where)
    some = some.limit(sa.bindparam("most", type_=sa.Integer))
    return sa.select(sa.func.count().label("n")).select_from(some.subquery())
