"""The log of what was decided about a record: who, what, when and why."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.form_builder.flow.tables import flow_entry
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.tasks.service import MAX_TEXT

LATEST = 100


def note_down(
    uow: UnitOfWork, access: Access, place: tuple[str, int], action: str, **more: Any
) -> None:
    """Write one line; ``more`` are its other columns. Invalid for a word that fills a book."""
    form, record = place
    note = (more.pop("note", None) or "").strip() or None
    if note is not None and len(note) > MAX_TEXT:
        raise Invalid([Problem("comment", "shape-max-length", {"n": MAX_TEXT})])
    row = {"form": form, "record": record, "action": action, "note": note, "at": uow.now,
           "actor": access.actor, "actor_name": access.name, **more}  # fmt: skip
    uow.execute(flow_entry.insert().values(**row))


def entries_of(uow: UnitOfWork, form: str, record: int) -> list[Any]:
    """The latest lines about a record, newest first."""
    about = (flow_entry.c.form == form, flow_entry.c.record == record)
    order = flow_entry.c.id.desc()
    return list(uow.execute(sa.select(flow_entry).where(*about).order_by(order).limit(LATEST)))
