"""Whose runs and messages somebody sees: those of the records that they may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.masking import NOTHING
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound


def seen_rows(uow: UnitOfWork, access: Access, table: sa.Table) -> list[Any]:
    """What limits rows that name a record (columns form, record); [] for who sees all."""
    return expressing.reader_of(uow, catalog_of(uow), access).about_records(table)


def require_seen(uow: UnitOfWork, access: Access, table: sa.Table, row_id: int, code: str) -> None:
    """NotFound unless this row is about a record that the actor may read."""
    if not sees_row(uow, access, table, row_id):
        raise NotFound(code, id=row_id)


def seen_people(
    uow: UnitOfWork, access: Access, people: Sequence[tuple[str, int]]
) -> list[tuple[str, int]]:
    """Those of these records (form, id) that the actor may read."""
    catalog = catalog_of(uow)
    reader = expressing.reader_of(uow, catalog, access)
    seen: set[tuple[str, int]] = set()
    for form in {form for form, _id in people}:
        table = catalog.tables[form].main
        ids = [record for name, record in people if name == form]
        limits = reader.limits(form, table, "read")
        found = uow.execute(sa.select(table.c.id).where(table.c.id.in_(ids), *limits))
        seen.update((form, record) for record in found.scalars())
    return [each for each in people if each in seen]


def sees_row(uow: UnitOfWork, access: Access, table: sa.Table, row_id: int) -> bool:
    """Whether this row is about a record that the actor may read."""
    found = sa.select(table.c.id).where(table.c.id == row_id, *seen_rows(uow, access, table))
    return uow.execute(found).first() is not None


def hides_contents(access: Access, form_key: str) -> bool:
    """Whether what was written to a person could show a field this reader may not see."""
    rights = access.held.rights(form_key).fields.values()
    return any(right in ("hidden", "masked") for right in rights)


def veiled(access: Access, form_key: str, text: str | None) -> str | None:
    """A text about a person, or dots in its place."""
    return NOTHING if text and hides_contents(access, form_key) else text
