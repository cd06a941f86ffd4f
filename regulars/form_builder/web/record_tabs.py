"""What stands in the tabs of a record: the records that point to it, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from regulars.form_builder.attachments import file_fields, readable_files
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records
from regulars.form_builder.web.list_lines import Column, Line, columns_at, listing_lines
from regulars.form_builder.web.list_state import first_columns
from regulars.platform.accounts.access import Access
from regulars.platform.blobs.service import Blob
from regulars.platform.db import UnitOfWork

SHOWN = 50
FIXED = ("tasks", "files", "history")
"""Tabs that every record may have."""


@dataclass(frozen=True)
class RelatedTab:
    """A tab with the records of another form that point here."""

    field: FieldDefinition
    form: FormDefinition
    count: int

    @property
    def key(self) -> str:
        """The tab's name in the address."""
        key = self.field.key
        return f"{key}-list" if key in FIXED else key

    @property
    def via(self) -> str:
        """The other form's field that points here."""
        return str(self.field.settings["via"])


@dataclass(frozen=True)
class Related:
    """The lines of one page of a related tab, and the addresses of the pages beside it."""

    tab: RelatedTab
    columns: list[Column]
    lines: list[Line]
    previous: str = ""
    next: str = ""


FilesOfField = tuple[FieldDefinition, Sequence[Blob]]


def related_tabs(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, record_id: int
) -> list[RelatedTab]:
    """A tab for each form whose records point here and that this reader may read."""
    tabs = []
    for field in form.fields:
        source = catalog.forms.get(str(field.settings.get("from")))
        if field.type != "related" or source is None:
            continue
        if access.scope(source.key, "read") == "none":
            continue
        here = source.pointing(str(field.settings["via"]), record_id)
        counted = find_records(
            uow, access, source.key, RecordQuery(filter=here, limit=1, count=True)
        )
        tabs.append(RelatedTab(field, source, counted.total or 0))
    return tabs


def related_of(
    uow: UnitOfWork, access: Access, tab: RelatedTab, record: Record, page: int
) -> Related:
    """One page of a related tab, in the order that its field says."""
    catalog = catalog_for(uow, access)
    last = max(1, -(-tab.count // SHOWN))
    page = max(1, min(page, last))
    query = RecordQuery(
        filter=tab.form.pointing(tab.via, record.id),
        sort=(str(tab.field.settings.get("order", "-id")),),
        limit=SHOWN,
        offset=(page - 1) * SHOWN,
    )
    paths = [path for path in first_columns(tab.form) if path != tab.via]
    columns = columns_at(tab.form, catalog, paths)
    found = find_records(uow, access, tab.form.key, query).records
    lines = listing_lines(uow, access, tab.form, columns, found)

    def at(number: int) -> str:
        if not 1 <= number <= last:
            return ""
        return url_for(
            "records.show", form_key=record.form, record_id=record.id, tab=tab.key, page=number
        )

    return Related(tab, columns, lines, at(page - 1), at(page + 1))


def files_of(
    uow: UnitOfWork, access: Access, form: FormDefinition, record: Record
) -> list[FilesOfField]:
    """The files of a record, field by field, with every file field that this reader sees."""
    held = [
        (each, ids_of(value) if type(value := record.values.get(each.key)) is str else ())
        for each in file_fields(form)
    ]
    known = readable_files(uow, access, {number for _field, ids in held for number in ids})
    return [(field, [known[n] for n in ids if n in known]) for field, ids in held]
