"""The drafts of a definition as they were at each tag: what somebody looked at when they began.

Only the last `KEPT` of each definition are held; who comes with an older one starts afresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata

KEPT = 60

definition_edit = sa.Table(
    "definition_edit",
    workspace_metadata,
    sa.Column("kind", columns.Text, primary_key=True),
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("tag", columns.BigInt, primary_key=True),
    sa.Column("body", columns.Json, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("by", columns.Text, nullable=False),
    sqlite_strict=True,
)


def note(uow: UnitOfWork, name: tuple[str, str], tag: int, body: Any, by: str) -> None:
    """Hold the draft ``(kind, key)`` as it is at ``tag``."""
    kind, key = name
    uow.execute(
        definition_edit.delete().where(
            *_is(name),
            sa.or_(definition_edit.c.tag <= tag - KEPT, definition_edit.c.tag >= tag),
        )
    )
    uow.execute(
        definition_edit.insert().values(
            kind=kind, key=key, tag=tag, body=dict(body), at=uow.now, by=by
        )
    )


def body_at(uow: UnitOfWork, name: tuple[str, str], tag: int) -> Mapping[str, Any] | None:
    """The draft at a tag, None when it is no longer held."""
    found: Mapping[str, Any] | None = uow.scalar(
        sa.select(definition_edit.c.body).where(*_is(name), definition_edit.c.tag == tag)
    )
    return found


def authors_since(uow: UnitOfWork, name: tuple[str, str], tag: int) -> list[str]:
    """Who changed the draft after a tag, each once, in the order they came."""
    rows = uow.execute(
        sa.select(definition_edit.c.by)
        .where(*_is(name), definition_edit.c.tag > tag)
        .order_by(definition_edit.c.tag)
    )
    return list(dict.fromkeys(rows.scalars()))


def _is(name: tuple[str, str]) -> tuple[sa.ColumnElement[bool], ...]:
    return definition_edit.c.kind == name[0], definition_edit.c.key == name[1]
