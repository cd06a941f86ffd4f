"""Whose runs and messages somebody sees: those of the records that they may read."""

from __future__ import annotations

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
    found = sa.select(table.c.id).where(table.c.id == row_id, *seen_rows(uow, access, table))
    if uow.execute(found).first() is None:
        raise NotFound(code, id=row_id)


def hides_contents(access: Access, form_key: str) -> bool:
    """Whether what was written to a person could show a field this reader may not see."""
    rights = access.held.rights(form_key).fields.values()
    return any(right in ("hidden", "masked") for right in rights)


def veiled(access: Access, form_key: str, text: str | None) -> str | None:
    """A text about a person, or dots in its place."""
    return NOTHING if text and hides_contents(access, form_key) else text
