"""Finding records: one SELECT with values, formulas and links' titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import PAIRED_TYPES, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.masking import masked
from regulars.form_builder.path_values import values_at
from regulars.form_builder.shaping import DERIVED_TYPES
from regulars.form_builder.storing import (
    SYSTEM_VALUES,
    load_subform_rows,
    load_tags,
    paired_columns,
)
from regulars.form_builder.titles import own_titles, titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.types import Kind

MAX_LIMIT = 1000
MOST_WORDS, LONGEST_WORD = 8, 60
_NOT_FOR_SORTING = ("masked-field",)


@dataclass(frozen=True)
class RecordQuery:
    """What to find. ``sort`` are field paths, ``-`` for descending; ties go by id.

    ``verb`` is what the records are found for: an export has limits of its own. ``cursor`` is
    the `RecordPage.next` of the page before, made with the same sort. A count stops at
    ``count_to`` when that is given. ``marks`` are conditions that are only looked at: each
    record says which of them it meets.
    """

    filter: Mapping[str, Any] | None = None
    sort: tuple[str, ...] = ()
    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    count: bool = False
    count_to: int | None = None
    search: str | None = None
    verb: str = "read"
    marks: tuple[Mapping[str, Any], ...] = ()


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
    marks: tuple[bool, ...] = ()  # of `RecordQuery.marks`

    def __getitem__(self, key: str) -> Any:
        return self.values[key]


@dataclass(frozen=True)
class RecordPage:
    """Found records; ``next`` is the cursor when others follow.

    ``total`` is there only when asked for; ``is_more`` when there are more than that.
    """

    records: list[Record]
    next: str | None = None
    total: int | None = None
    is_more: bool = False


def scope_conditions(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, table: sa.FromClause,
    verb: str,
) -> list[Any]:  # fmt: skip
    """What limits this reader to their own records, their stores or what a condition says."""
    return expressing.reader_of(uow, catalog, access).limits(form_key, table, verb)


def select_list(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition
) -> list[Any]:
    """Stored columns by field key, and every derived value as an expression."""
    table = catalog.tables[form.key].main
    wanted: list[Any] = [table.c[key].label(f"sys_{key}") for key in SYSTEM_VALUES]
    for each in form.fields:
        if each.key in table.c:
            wanted.append(table.c[each.key])
            if each.type in PAIRED_TYPES:
                wanted += paired_columns([each], table)
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
        if each.type in PAIRED_TYPES:
            kind = field_types.get(each.type)
            other = row.get(f"{each.key}{kind.companion}")
            values[each.key] = kind.together(values[each.key], other)
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
    for key in (key for key in tables.rows if key in form.by_key):
        if not rows and not form.by_key[key].has_links:
            continue
        stored = load_subform_rows(uow, form, tables, key, ids)
        _add_row_formulas(uow, access, catalog, f"{form.key}.{key}", stored)
        for row in (row for some in stored.values() for row in some):
            hide_masked(catalog, f"{form.key}.{key}", row)
        for record in records:
            record.values[key] = stored.get(record.id, [])
    wanted = linked_ids(catalog, form, records)
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


def linked_ids(
    catalog: FormCatalog, form: FormDefinition, records: Sequence[Record]
) -> dict[str, set[int]]:
    """The records that these point to, form by form."""
    wanted: dict[str, set[int]] = {}
    for key, target in catalog.link_targets(form.key):
        found = wanted.setdefault(target, set())
        found.update(r.values[key] for r in records if isinstance(r.values.get(key), int))
    for each in form.fields:
        if not each.has_rows:
            continue
        for key, target in catalog.link_targets(f"{form.key}.{each.key}"):
            found = wanted.setdefault(target, set())
            for record in records:
                rows = record.values.get(each.key) or ()
                found.update(row[key] for row in rows if isinstance(row.get(key), int))
    return wanted
