"""The designer's memory: what turns a draft back into what it was, so undo survives a reload.

One journal per form, shared by everybody who designs it. Steps are let go only at publishing, once
they are older than a quarter of a year, and never of the newest thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.deltas import apply, delta_to, is_delta
from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.definitions.store import Draft

Form = Mapping[str, Any]
KEPT_STEPS = 1000
KEPT_FOR = timedelta(days=90)

form_edit = sa.Table(
    "form_edit",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("side", columns.Text, nullable=False),  # undo, redo
    sa.Column("body", columns.Json, nullable=False),  # a delta; in old rows the whole draft
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("form_edit_of_form", form_edit.c.form, form_edit.c.side, form_edit.c.id)


_UNWRITTEN = "form-steps-unwritten"


def write_down(uow: UnitOfWork, access: Access, before: Draft | None, after: Form) -> None:
    """Keep the way back from every save of a form's draft, wherever it came from."""
    if before is not None and before.raw != after and _UNWRITTEN not in uow.memo:
        remember(uow, before.key, before.raw, after)


@contextmanager
def unwritten(uow: UnitOfWork) -> Iterator[None]:
    """Saves within are no steps of their own: an undo, or the making of a form."""
    uow.memo[_UNWRITTEN] = True
    try:
        yield
    finally:
        del uow.memo[_UNWRITTEN]


def remember(uow: UnitOfWork, form: str, before: Form, after: Form) -> None:
    """Keep the way back from a step; what was undone cannot be redone any more."""
    uow.execute(form_edit.delete().where(*_is(form, "redo")))
    _push(uow, form, "undo", delta_to(after, before))


def step_back(uow: UnitOfWork, form: str, current: Form) -> Any:
    """The draft before the last step, or None; ``current`` can be had back by `step_forward`."""
    return _swap(uow, form, ("undo", "redo"), current)


def step_forward(uow: UnitOfWork, form: str, current: Form) -> Any:
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


def let_go(uow: UnitOfWork, form: str) -> None:
    """Drop steps that are both old and far back."""
    newest = sa.select(form_edit.c.id).where(form_edit.c.form == form)
    first_kept = uow.scalar(newest.order_by(form_edit.c.id.desc()).offset(KEPT_STEPS - 1).limit(1))
    if first_kept is not None:
        uow.execute(
            form_edit.delete().where(
                form_edit.c.form == form,
                form_edit.c.id < first_kept,
                form_edit.c.at < uow.now - KEPT_FOR,
            )
        )


def _swap(uow: UnitOfWork, form: str, sides: tuple[str, str], current: Form) -> Any:
    source, target = sides
    latest = sa.select(form_edit.c.id).where(*_is(form, source)).order_by(form_edit.c.id.desc())
    step = uow.scalar(latest.limit(1))
    if step is None:
        return None
    body = uow.scalar(sa.select(form_edit.c.body).where(form_edit.c.id == step))
    found = apply(current, body) if is_delta(body) else body
    uow.execute(form_edit.delete().where(form_edit.c.id == step))
    _push(uow, form, target, delta_to(found, current))
    return found


def _push(uow: UnitOfWork, form: str, side: str, body: Form) -> None:
    values = {"form": form, "side": side, "body": dict(body), "at": uow.now}
    uow.execute(form_edit.insert().values(**values))


def _is(form: str, side: str) -> tuple[sa.ColumnElement[bool], ...]:
    return form_edit.c.form == form, form_edit.c.side == side
