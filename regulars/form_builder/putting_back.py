"""Old values of a record out of its history, put back one by one.

What a line of the history says stood there before is written again like any other change: by the
same checks, in the name of whoever does it, and with a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import writable_form
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.history import Entry, history_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record
from regulars.form_builder.records import get_record, update_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem

LATEST = 1000


def put_back(  # noqa: PLR0913 - each is the caller's own choice
    uow: UnitOfWork, access: Access, form: str, record: int, entry: int,
    keys: Sequence[str] = (), *, origin: Origin,
) -> Record:  # fmt: skip
    """Give fields the values from before a line of the history; all of that line without ``keys``.

    NotFound without such a line, Invalid for a field that it does not name or that cannot be had
    back by this person.
    """
    get_record(uow, access, form, record)
    found = next((e for e in history_of(uow, form, record, LATEST) if e.id == entry), None)
    if found is None:
        raise NotFound("no-history-entry", id=entry)
    old = dict(values_before(fields_to_put_back(uow, access, form), found))
    wanted = list(keys) or list(old)
    problems = [
        Problem(key, "cannot-put-back", {"field": key}) for key in wanted if key not in old
    ]
    if problems or not wanted:
        raise Invalid(problems or [Problem("", "nothing-to-put-back")])
    return update_record(uow, access, form, record, {k: old[k] for k in wanted}, origin=origin)


def fields_to_put_back(uow: UnitOfWork, access: Access, form: str) -> FormDefinition:
    """The form with the fields whose old values this person may put back."""
    if access.scope(form, "update") == "none":
        return replace(catalog_of(uow).get_form(form), fields=(), by_key={})
    return writable_form(access, catalog_of(uow), form, is_new=False)


def values_before(fields: FormDefinition, entry: Entry) -> Iterator[tuple[str, Any]]:
    """(field, value) of what may be put back out of one line; see `fields_to_put_back`."""
    if entry.action in ("created", "deleted", "restored"):
        return
    for key, pair in entry.changes.items():
        field = fields.find(key)
        if field is not None and _is_kept(field, pair[0]):
            yield key, _value(field, pair[0])


def _is_kept(field: FieldDefinition, before: Any) -> bool:
    """Long lists of rows are only counted in the history; numbers are given out once."""
    if field.type == "serial" or not field_types.get(field.type).writable:
        return field.type == "subform" and isinstance(before, list)
    return not (field.has_rows and isinstance(before, Mapping))


def _value(field: FieldDefinition, before: Any) -> Any:
    """The value as a client would send it; rows that are gone come as new ones."""
    if not (field.has_rows and isinstance(before, list)):
        return before
    if field.has_links:
        return [row[LINKED] if isinstance(row, Mapping) else row for row in before]
    return [{key: value for key, value in row.items() if key != "id"} for row in before]


def version_of_form(uow: UnitOfWork, catalog: FormCatalog, form: str, record: int) -> int:
    """The version of the form with which a record was last written."""
    table = catalog.tables[form].main
    found: int = uow.scalar(sa.select(table.c.form_version).where(table.c.id == record))
    return found
