"""Finding records: one SELECT with values, formulas and links' titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.form_builder import cursors, expressing
from regulars.form_builder.canonical import canonical_filter
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.link_limits import LinkLimits
from regulars.form_builder.linking import unknown_names
from regulars.form_builder.masking import masked
from regulars.form_builder.path_values import values_at
from regulars.form_builder.searching.asking import narrowed
from regulars.form_builder.searching.keeping import searched_fields
from regulars.form_builder.searching.marking import FOLDED
from regulars.form_builder.shaping import DERIVED_TYPES
from regulars.form_builder.storing import SYSTEM_VALUES, load_subform_rows, load_tags
from regulars.form_builder.titles import own_titles, titles_of
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under

if TYPE_CHECKING:
    from regulars.form_builder.catalog import FormCatalog
    from regulars.platform.accounts.access import Access

MAX_LIMIT = 1000
MOST_WORDS, LONGEST_WORD = 8, 60
_NOT_FOR_SORTING = ("masked-field",)


@dataclass(frozen=True)
class RecordQuery:
    """What to find. ``sort`` are field paths, ``-`` for descending; ties go by id.

    ``verb`` is what the records are found for: an export has limits of its own. ``cursor`` is
    the `RecordPage.next` of the page before, made with the same sort.
    """

    filter: Mapping[str, Any] | None = None
    sort: tuple[str, ...] = ()
    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    count: bool = False
    search: str | None = None
    verb: str = "read"


@dataclass
class Record:
    """One record with its plain values; derived values included.

    ``titles`` names linked records: (form, id) → title.
    """

    form: str
    id: int
    version: int
    values: dict[str, Any]
    title: str = ""
    titles: dict[tuple[str, int], str] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True)
class RecordPage:
    """Found records; ``total`` only when asked for; ``next`` is the cursor when others follow."""

    records: list[Record]
    next: str | None = None
    total: int | None = None


def find(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, query: RecordQuery
) -> RecordPage:
    """The page of records that meet the filter, within the reader's scope."""
    table = catalog.tables[form.key].main
    where = conditions(uow, access, catalog, form, query)
    order = order_by(uow, access, catalog, form, query.sort)
    limit = max(1, min(query.limit, MAX_LIMIT))
    named_order = ",".join((form.key, *query.sort))
    sort_columns = [key.column.label(f"sort_{n}") for n, key in enumerate(order)]
    statement = sa.select(*select_list(uow, access, catalog, form), *sort_columns).where(*where)
    if query.cursor is not None:
        last = cursors.decode(query.cursor, [key.kind for key in order[:-1]], named_order)
        statement = statement.where(expressing.beyond(order, last))
    statement = statement.order_by(*[part for each in order for part in each.clauses])
    statement = statement.limit(limit + 1).offset(query.offset)
    found = uow.execute(statement).mappings().all()
    records = [to_record(catalog, form, row) for row in found[:limit]]
    complete(uow, access, catalog, form, records)
    total = None
    if query.count:
        total = uow.scalar(sa.select(sa.func.count()).select_from(table).where(*where))
    following = None
    if len(found) > limit:
        last = [found[limit - 1][f"sort_{n}"] for n in range(len(order))]
        following = cursors.encode(last, named_order)
    return RecordPage(records, following, total)


def conditions(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, query: RecordQuery
) -> list[Any]:
    """The WHERE parts: the reader's scope, the filter, the quick search."""
    table = catalog.tables[form.key].main
    parts = [
        limit
        for verb in dict.fromkeys(("read", query.verb))
        for limit in scope_conditions(uow, access, catalog, form.key, table, verb)
    ]
    if query.filter:
        tree, problems = catalog.condition(form.key, canonical_filter(form, query.filter))
        if problems := problems or unknown_names(
            uow, catalog, tree, LinkLimits(expressing.reader_of(uow, catalog, access))
        ):
            raise Invalid(under("filter", problems))
        parts.append(expressing.where_sql(uow, catalog, tree, table, access))
    if query.search and query.search.strip():
        parts.append(search_condition(uow, catalog, form, table, query.search.strip()))
    return parts


def scope_conditions(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, table: sa.FromClause,
    verb: str,
) -> list[Any]:  # fmt: skip
    """What limits this reader to their own records, their stores or what a condition says."""
    return expressing.reader_of(uow, catalog, access).limits(form_key, table, verb)


def search_condition(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, table: sa.Table, said: str
) -> Any:
    """Records in whose text fields every word stands somewhere; a masked one is not searched.

    Of more than `MOST_WORDS` words, or of letters past `LONGEST_WORD` in one, the rest is ignored.
    """
    fields = {
        key: kind
        for key, kind in searched_fields(form, table).items()
        if not catalog.mask_of(form.key, key)
    }
    if not fields:
        return sa.false() if catalog.masks.get(form.key) else sa.true()
    words = [str(fold(word[:LONGEST_WORD])) for word in said.split()[:MOST_WORDS]]
    columns = [table.c[f"{key}{FOLDED}"] for key in fields]
    held = [sa.or_(*[_holds(uow.dialect, each, word) for each in columns]) for word in words]
    few = narrowed(uow, table, fields, words)
    return sa.and_(*held) if few is None else sa.and_(few, *held)


def _holds(dialect: str, column: Any, word: str) -> Any:
    """Whether a word stands in a folded text; SQLite finds it in half the time of LIKE."""
    if dialect == "sqlite":
        return sa.func.instr(column, word) > 0
    return column.contains(word, autoescape=True)


def order_by(
    uow: UnitOfWork,
    access: Access,
    catalog: FormCatalog,
    form: FormDefinition,
    sort: Sequence[str],
) -> list[expressing.SortKey]:
    """The sort keys of a list; missing values last, ties by id."""
    keys = []
    for position, name in enumerate(sort):
        path = name.removeprefix("-")
        tree, problems = catalog.path(form.key, path)
        if any(problem.code in _NOT_FOR_SORTING for problem in problems):
            raise Invalid([replace(each, path=f"sort/{position}") for each in problems])
        if problems or tree.type is None or tree.type.kind in (Kind.TAGS, Kind.ROWS):
            raise Invalid([Problem(f"sort/{position}", "cannot-sort", {"field": path})])
        table = catalog.tables[form.key].main
        column = expressing.value_sql(uow, catalog, tree, table, access)
        keys.append(expressing.SortKey(column, name.startswith("-"), kind=tree.type.kind))
    table = catalog.tables[form.key].main
    descending = bool(sort) and sort[-1].startswith("-")
    return [*keys, expressing.SortKey(table.c.id, descending or not sort, is_id=True)]


def select_list(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition
) -> list[Any]:
    """Stored columns by field key, and every derived value as an expression."""
    table = catalog.tables[form.key].main
    wanted: list[Any] = [table.c[key].label(f"sys_{key}") for key in SYSTEM_VALUES]
    for each in form.fields:
        if each.key in table.c:
            wanted.append(table.c[each.key])
        elif each.type in DERIVED_TYPES:
            tree, _problems = catalog.shown_path(form.key, each.key)
            if tree.type is not None and tree.type.kind not in (Kind.TAGS, Kind.ROWS):
                value = expressing.value_sql(uow, catalog, tree, table, access)
                wanted.append(value.label(each.key))
    return wanted


def to_record(catalog: FormCatalog, form: FormDefinition, row: Mapping[Any, Any]) -> Record:
    """The record that one row of `select_list` holds, masked for this reader."""
    values: dict[str, Any] = {}
    for key in SYSTEM_VALUES:
        values[key] = row[f"sys_{key}"]
    for each in form.fields:
        values[each.key] = row.get(each.key)
    hide_masked(catalog, form.key, values)
    return Record(form.key, values["id"], values["version"], values)


def complete(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    records: Sequence[Record], *, rows: bool = False,
) -> None:  # fmt: skip
    """Add what one SELECT does not hold: tags, subform rows (when asked), titles."""
    ids = [record.id for record in records]
    tables = catalog.tables[form.key]
    for key, tags in load_tags(uow, tables, ids).items():
        mask = catalog.mask_of(form.key, key)
        for record in records if key in form.by_key else ():
            found: Any = tags.get(record.id, frozenset())
            record.values[key] = masked(mask, found) if mask else found
    if rows:
        for key in (key for key in tables.rows if key in form.by_key):
            stored = load_subform_rows(uow, form, tables, key, ids)
            _add_row_formulas(uow, access, catalog, f"{form.key}.{key}", stored)
            for row in (row for some in stored.values() for row in some):
                hide_masked(catalog, f"{form.key}.{key}", row)
            for record in records:
                record.values[key] = stored.get(record.id, [])
    wanted = _linked_ids(catalog, form, records)
    own = own_titles(uow, catalog, form, [(each.id, each.values) for each in records])
    if own is None:
        wanted.setdefault(form.key, set()).update(ids)
    titles = {**titles_of(uow, access, catalog, wanted), **(own or {})}
    for record in records:
        record.titles = titles
        record.title = titles.get((form.key, record.id), str(record.id))


def hide_masked(catalog: FormCatalog, form_key: str, values: dict[str, Any]) -> None:
    """Put the masked text in place of each value that this reader may not see whole."""
    for key, kind in catalog.masks.get(form_key, {}).items():
        if key in values:
            values[key] = masked(kind, values[key])


def _add_row_formulas(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, row_key: str,
    stored: Mapping[int, list[dict[str, Any]]],
) -> None:  # fmt: skip
    """Give stored subform rows what their formulas come to."""
    columns = [each.key for each in catalog.get_form(row_key).fields if each.type == "formula"]
    rows = [row for some in stored.values() for row in some]
    if not columns or not rows:
        return
    found = values_at(uow, access, catalog, row_key, [row["id"] for row in rows], columns)
    for row in rows:
        row.update(found[row["id"]])


def _linked_ids(
    catalog: FormCatalog, form: FormDefinition, records: Sequence[Record]
) -> dict[str, set[int]]:
    wanted: dict[str, set[int]] = {}
    for key, target in catalog.link_targets(form.key):
        found = wanted.setdefault(target, set())
        found.update(r.values[key] for r in records if isinstance(r.values.get(key), int))
    for each in form.fields:
        if each.type != "subform":
            continue
        for key, target in catalog.link_targets(f"{form.key}.{each.key}"):
            found = wanted.setdefault(target, set())
            for record in records:
                rows = record.values.get(each.key) or ()
                found.update(row[key] for row in rows if isinstance(row.get(key), int))
    return wanted
