"""Records as a file: CSV or an Excel workbook, safe to open and to bring in again.

No cell is taken for a formula: CSV texts that look like one get an apostrophe in front (the import
takes it off), workbook texts are marked as text. Bringing the file in again gives the same values:
instants carry their offset, links their unique key (or ``#id``), choices a label that is theirs
alone. A form with a subform gives one line per row, the record's own cells on each.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

import openpyxl
import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import (
    LINKED,
    PAIRED_TYPES,
    VALUELESS_TYPES,
    FieldDefinition,
    FormDefinition,
    row_form,
)
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.choice import options_of
from regulars.form_builder.field_types.choices import in_order
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.importing.figures import guard
from regulars.form_builder.importing.reading import column_names
from regulars.form_builder.importing.suggesting import likely_key
from regulars.form_builder.link_limits import LinkLimits
from regulars.form_builder.linking import chunks
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.path_values import values_at
from regulars.form_builder.querying import Record, RecordQuery, complete
from regulars.form_builder.reach import Reader
from regulars.form_builder.records import find_records
from regulars.form_builder.system_forms import system_forms
from regulars.form_builder.workbook_cells import text_cell
from regulars.platform import i18n, rich_text
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden
from regulars.platform.formats import clock_time

PAGE = 500
FORMATS = ("csv", "xlsx")
_SEPARATORS = frozenset(",，、；;|\n[")
_SYSTEM_KEYS = {"sys_units": "code", "sys_members": "email"}
Cell = str | Decimal | date | datetime | None
LinkWords = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class ExportColumn:
    """One column; ``rows`` is the subform whose rows fill it, "" for the record's own."""

    name: str
    field: FieldDefinition
    rows: str = ""
    path: str = ""  # where the value is found, when that is not the field of the record itself

    @property
    def key(self) -> str:
        """What the value is called among those of its record or row."""
        return self.path or self.field.key


@dataclass(frozen=True)
class Shown:
    """A list as somebody sees it: its columns, by path, and its order (as in `RecordQuery`)."""

    columns: Sequence[tuple[str, FieldDefinition]]
    sort: tuple[str, ...] = ()


@dataclass(frozen=True)
class Export:
    """One export on its way out, for one reader."""

    uow: UnitOfWork
    access: Access
    form: FormDefinition
    columns: Sequence[ExportColumn]
    rows: FieldDefinition | None


def export_records(  # noqa: PLR0913 - what, for whom, where to
    uow: UnitOfWork, access: Access, form_key: str, path: Path,
    condition: Mapping[str, Any] | None = None, *, search: str | None = None,
    shown: Shown | None = None,
) -> int:  # fmt: skip
    """Write the records that meet ``condition`` to ``path`` (.csv or .xlsx); how many.

    All that can be brought in again, oldest first; or exactly what is ``shown``.

    Raises Forbidden without the capability, Invalid for a condition with problems.
    """
    if access.scope(form_key, "export") == "none":
        raise Forbidden("may-not-export", form=form_key)
    form = catalog_for(uow, access).get_form(form_key)
    if shown is None:
        columns, rows = export_columns(form, access.locale), first_subform(form)
    else:
        columns, rows = shown_columns(shown, access.locale), None
    export = Export(uow, access, form, columns, rows)
    sort = ("id",) if shown is None else shown.sort
    query = RecordQuery(filter=condition, search=search, sort=sort, limit=PAGE, verb="export")
    pages = _records(export, query)
    first = list(islice(pages, 1))  # a wrong condition is refused before a file is begun
    records = chain(first, pages)
    write = _write_workbook if path.suffix.lower() == ".xlsx" else _write_csv
    return write(export, records, path)


def export_columns(form: FormDefinition, locale: str) -> list[ExportColumn]:
    """What is exported: every field that holds one value, then the first subform's."""
    own = [ExportColumn("", each) for each in form.fields if _is_exported(each)]
    subform = first_subform(form)
    names = [i18n.pick(column.field.name, locale) for column in own]
    if subform is not None:
        inner = [each for each in row_form(form, subform).fields if _is_exported(each)]
        own += [ExportColumn("", each, subform.key) for each in inner]
        outer = i18n.pick(subform.name, locale)
        names += [f"{outer} › {i18n.pick(each.name, locale)}" for each in inner]
    named = zip(column_names(names), own, strict=True)
    return [replace(column, name=name) for name, column in named]


def shown_columns(shown: Shown, locale: str) -> list[ExportColumn]:
    """The columns of a list as those of a file."""
    names = column_names([i18n.pick(field.name, locale) for _path, field in shown.columns])
    return [
        ExportColumn(name, field, path=path)
        for name, (path, field) in zip(names, shown.columns, strict=True)
    ]


def first_subform(form: FormDefinition) -> FieldDefinition | None:
    """The subform that a table can hold: the first one."""
    return next((each for each in form.fields if each.type == "subform"), None)


def _is_exported(field: FieldDefinition) -> bool:
    return field.type not in ("subform", "related", *VALUELESS_TYPES)


def _records(export: Export, query: RecordQuery) -> Iterator[list[Record]]:
    """Pages of records, oldest first, with their rows."""
    uow, access, form = export.uow, export.access, export.form
    while True:
        page = find_records(uow, access, form.key, query)
        if export.rows is not None:
            complete(uow, access, catalog_for(uow, access), form, page.records, rows=True)
        _reach(export, page.records)
        yield page.records
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


def _reach(export: Export, records: Sequence[Record]) -> None:
    """Add what the columns show of linked records."""
    far = [column.path for column in export.columns if "." in column.path]
    if not far:
        return
    catalog = catalog_for(export.uow, export.access)
    ids = [record.id for record in records]
    found = values_at(export.uow, export.access, catalog, export.form.key, ids, far)
    for record in records:
        record.values.update(found.get(record.id, {}))


def _lines(export: Export, records: Sequence[Record]) -> Iterator[list[Cell]]:
    """The lines of one page of records."""
    words = _link_words(export, records)
    writers = [_writer(export, column.field, words) for column in export.columns]
    for record in records:
        rows = record.values.get(export.rows.key) if export.rows is not None else None
        for row in rows or [{}]:
            yield [
                _written(write, (row if column.rows else record.values).get(column.key))
                for column, write in zip(export.columns, writers, strict=True)
            ]


def _written(write: Callable[[Any], Cell], value: Any) -> Cell:
    """A masked value stands as it is, whatever its field's type."""
    return str(value) if isinstance(value, MaskedText) else write(value)


def _writer(export: Export, field: FieldDefinition, words: LinkWords) -> Callable[[Any], Cell]:
    """What a field's plain value is in a cell."""
    kind, locale = field_types.get(field.type), export.access.locale
    if field.has_links:
        to = str(field.settings["to"])
        return lambda rows: _joined([words.get((to, i), f"#{i}") for i in _linked(rows)])
    if isinstance(kind, LinkField):
        target = kind.target(field)
        return lambda value: None if value is None else words.get((target, value), f"#{value}")
    if field.type in ("created_by", "updated_by"):
        return lambda value: None if value is None else words.get(("sys_members", value), "")
    if field.type == "choices":
        known = {c: c if _SEPARATORS & set(w) else w for c, w in _labels(field, locale).items()}
        return lambda codes: _joined([known.get(c, c) for c in in_order(field, codes or ())], ", ")
    if field.has_side:
        return lambda value: _tags(value or ())
    if field.type == "time":
        return lambda value: None if value is None else clock_time(value)
    if field.type in ("choice", "cascade"):
        labels = _labels(field, locale)
        return lambda value: labels.get(value, value)
    if field.type in PAIRED_TYPES:
        return _marked
    yes_no = {flag: i18n.translate(f"importing.{word}", locale) for flag, word in _FLAGS.items()}
    return lambda value: yes_no[value] if isinstance(value, bool) else value


def _marked(value: Any) -> Cell:
    """A formatted text with its marks; one that has none as people read it."""
    html = getattr(value, "html", None)
    if value is None or html is None or rich_text.read(str(value)).html == html:
        return None if value is None else str(value)
    return str(html)


_FLAGS = {True: "yes", False: "no"}


def _labels(field: FieldDefinition, locale: str) -> dict[str, str]:
    """Code → the word people read; the code where a label could mean two options."""
    options = options_of(field)
    shown = {
        code: i18n.pick(option.get("label"), locale) or code for code, option in options.items()
    }
    taken = [label.casefold() for label in shown.values()]
    every = [code.casefold() for code in options]
    return {
        code: label
        if taken.count(label.casefold()) == 1
        and (label.casefold() not in every or label.casefold() == code.casefold())
        else code
        for code, label in shown.items()
    }


def _tags(tags: Sequence[str]) -> str:
    return _joined(sorted(tags), ", ")


def _joined(words: Sequence[str], between: str = "; ") -> str:
    """Several words in one cell, so that an import takes them apart again."""
    if any(_SEPARATORS & set(word) for word in words):
        return json.dumps(list(words), ensure_ascii=False)
    return between.join(words)


def _linked(rows: Any) -> list[int]:
    """The records that a links field's rows lead to."""
    return [row[LINKED] for row in rows or () if isinstance(row.get(LINKED), int)]


def _link_words(export: Export, records: Sequence[Record]) -> LinkWords:
    """(form, id) → the key by which an import finds the record again, where it has one."""
    wanted: dict[str, set[int]] = {}
    for column in export.columns:
        kind = field_types.get(column.field.type)
        if column.field.has_links:
            to = wanted.setdefault(str(column.field.settings["to"]), set())
            to.update(i for r in records for i in _linked(r.values.get(column.key)))
            continue
        target = kind.target(column.field) if isinstance(kind, LinkField) else "sys_members"
        if not isinstance(kind, LinkField) and column.field.type not in (
            "created_by",
            "updated_by",
        ):
            continue
        for record in records:
            holders = record.values.get(column.rows) or () if column.rows else [record.values]
            values = (each.get(column.key) for each in holders)
            wanted.setdefault(target, set()).update(v for v in values if isinstance(v, int))
    catalog = catalog_for(export.uow, export.access)
    found: dict[tuple[str, int], str] = {}
    for form, ids in wanted.items():
        found.update(_keys_of(export, catalog, form, ids))
    return found


def _keys_of(
    export: Export, catalog: FormCatalog, form: str, ids: set[int]
) -> dict[tuple[str, int], str]:
    """The keys that this reader may see, of the records that they may see."""
    system, limits = system_forms.find(form), LinkLimits(_reader(export, catalog))
    if system is not None:
        column = system.table.c.get(_system_key(catalog, form))
    else:
        key = likely_key(catalog.forms.get(form), "text")
        named = key if key and limits.may_name_by(form, key) else None
        column = catalog.tables[form].main.c[named] if named else None
    if column is None:
        return {}
    found: dict[tuple[str, int], str] = {}
    for some in chunks(sorted(ids)):
        ids_and_words = sa.select(column.table.c.id, column.label("word"))
        ids_and_words = ids_and_words.where(column.table.c.id.in_(some), *limits.of(form))
        for row in export.uow.execute(ids_and_words):
            if row.word is not None and not str(row.word).startswith("#"):
                found[form, row.id] = str(row.word)
    return found


def _reader(export: Export, catalog: FormCatalog) -> Reader:
    return expressing.reader_of(export.uow, catalog, export.access)


def _system_key(catalog: FormCatalog, form: str) -> str:
    """Stores by their code, members by their e-mail, or by their name for who may not see it."""
    key, shape = _SYSTEM_KEYS.get(form, ""), catalog.shapes.find(form)
    return key if shape is not None and shape.field(key) is not None else "name"


def _write_csv(export: Export, pages: Iterator[list[Record]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([guard(column.name) for column in export.columns])
        for records in pages:
            count += len(records)
            for line in _lines(export, records):
                writer.writerow([_as_text(export, cell) for cell in line])
    return count


def _as_text(export: Export, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return cell.astimezone(export.uow.workspace.tz).isoformat()
    return cell.isoformat() if isinstance(cell, date) else guard(str(cell))


def _write_workbook(export: Export, pages: Iterator[list[Record]], path: Path) -> int:
    count = 0
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([text_cell(sheet, column.name) for column in export.columns])
    for records in pages:
        count += len(records)
        for line in _lines(export, records):
            sheet.append([_as_cell(export, sheet, cell) for cell in line])
    book.save(path)
    return count


def _as_cell(export: Export, sheet: Any, cell: Cell) -> Any:
    """Numbers and dates as themselves where a workbook keeps them exactly, else as text."""
    if isinstance(cell, datetime):
        local = cell.astimezone(export.uow.workspace.tz)
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        exact = not local.microsecond and not twice
        return local.replace(tzinfo=None) if exact else text_cell(sheet, local.isoformat())
    if isinstance(cell, date):
        return cell if cell.year >= 1900 else text_cell(sheet, cell.isoformat())
    if isinstance(cell, Decimal):
        exact = len(cell.as_tuple().digits) <= 15
        return cell if exact else text_cell(sheet, f"{cell:f}")
    return None if cell in (None, "") else text_cell(sheet, str(cell))
