"""The designer's memory: the draft before each step, so that undo survives a reload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata

KEPT = 200

form_edit = sa.Table(
    "form_edit",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("side", columns.Text, nullable=False),  # undo, redo
    sa.Column("body", columns.Json, nullable=False),  # the whole draft
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("form_edit_of_form", form_edit.c.form, form_edit.c.side, form_edit.c.id)


def remember(uow: UnitOfWork, form: str, before: Mapping[str, Any]) -> None:
    """Keep the draft as it was before a step; what was undone cannot be redone any more."""
    uow.execute(form_edit.delete().where(*_is(form, "redo")))
    _push(uow, form, "undo", before)
    beyond = _latest(form, "undo").offset(KEPT).limit(1)
    oldest = uow.scalar(beyond)
    if oldest is not None:
        uow.execute(form_edit.delete().where(*_is(form, "undo"), form_edit.c.id <= oldest))


def step_back(uow: UnitOfWork, form: str, current: Mapping[str, Any]) -> Any:
    """The draft before the last step, or None; ``current`` can be had back by `step_forward`."""
    return _swap(uow, form, ("undo", "redo"), current)


def step_forward(uow: UnitOfWork, form: str, current: Mapping[str, Any]) -> Any:
    """The draft that the last `step_back` left, or None."""
    return _swap(uow, form, ("redo", "undo"), current)


def depths(uow: UnitOfWork, form: str) -> tuple[int, int]:
    """How many steps can be undone and redone."""
    counted = (
        sa.select(form_edit.c.side, sa.func.count().label("steps"))
        .where(form_edit.c.form == form)
        .group_by(form_edit.c.side)
    )
    found: dict[str, int] = {row.side: row.steps for row in uow.execute(counted)}
    return found.get("undo", 0), found.get("redo", 0)


def forget(uow: UnitOfWork, form: str) -> None:
    """Drop every kept step of a form."""
    uow.execute(form_edit.delete().where(form_edit.c.form == form))


def _swap(uow: UnitOfWork, form: str, sides: tuple[str, str], current: Mapping[str, Any]) -> Any:
    source, target = sides
    step = uow.scalar(_latest(form, source).limit(1))
    if step is None:
        return None
    body = uow.scalar(sa.select(form_edit.c.body).where(form_edit.c.id == step))
    uow.execute(form_edit.delete().where(form_edit.c.id == step))
    _push(uow, form, target, current)
    return body


def _push(uow: UnitOfWork, form: str, side: str, body: Mapping[str, Any]) -> None:
    values = {"form": form, "side": side, "body": dict(body), "at": uow.now}
    uow.execute(form_edit.insert().values(**values))


def _latest(form: str, side: str) -> sa.Select[tuple[int]]:
    return sa.select(form_edit.c.id).where(*_is(form, side)).order_by(form_edit.c.id.desc())


def _is(form: str, side: str) -> tuple[sa.ColumnElement[bool], ...]:
    return form_edit.c.form == form, form_edit.c.side == side
