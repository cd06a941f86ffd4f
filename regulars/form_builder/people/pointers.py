"""Where a record went that was merged into another."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.people.tables import person_merge
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

_LONGEST_WAY = 50


class MergedInto(NotFound):
    """The record became part of another one; ``params["into"]`` is its id."""

    code = "merged-into"


def live_merge(uow: UnitOfWork, form: str, record: int) -> Any:
    """The merge that ended this record, None when there is none or it was undone."""
    return uow.execute(
        person_merge.select()
        .where(
            person_merge.c.form == form,
            person_merge.c.dropped == record,
            person_merge.c.undone_at.is_(None),
        )
        .order_by(person_merge.c.id.desc())
    ).first()


def gone(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, record: int
) -> NotFound:
    """Why a record is not there: it was merged into one the reader sees, or nobody knows."""
    into = survivor_of(uow, form.key, record)
    table = catalog.tables[form.key].main
    limits = scope_conditions(uow, access, catalog, form.key, table, "read")
    there = sa.select(table.c.id).where(table.c.id == into, *limits)
    if into is None or uow.execute(there).first() is None:
        return NotFound("no-record", form=form.label, id=record)
    return MergedInto(form=form.label, id=record, into=into)


def survivor_of(uow: UnitOfWork, form: str, record: int) -> int | None:
    """Who this record is today, however many merges lie between; None when it was never merged."""
    found: int | None = None
    for _step in range(_LONGEST_WAY):
        merge = live_merge(uow, form, record if found is None else found)
        if merge is None:
            return found
        found = merge.kept
    return found


def merged_records(uow: UnitOfWork, form: str, record: int) -> list[Any]:
    """The merges that made this record what it is, newest first."""
    return list(
        uow.execute(
            person_merge.select()
            .where(
                person_merge.c.form == form,
                person_merge.c.kept == record,
                person_merge.c.undone_at.is_(None),
            )
            .order_by(person_merge.c.id.desc())
        )
    )
