"""What a store says about itself, in the store itself, so that it travels with a backup.

Each note is one JSON value under a name: ``works-with`` (see `migrations`), ``hold`` (why nothing
is sent, see `hold`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform import columns
from regulars.platform.db import main_metadata, workspace_metadata


def _note_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "store_note",
        metadata,
        sa.Column("name", columns.Text, primary_key=True),
        sa.Column("value", columns.Json, nullable=False),
        sa.Column("at", columns.Instant, nullable=False),
        sqlite_strict=True,
    )


main_note = _note_table(main_metadata)
workspace_note = _note_table(workspace_metadata)


def read_note(connection: Connection, name: str) -> Any | None:
    """The value of a note, or None. Both lines have the same table."""
    statement = sa.select(workspace_note.c.value).where(workspace_note.c.name == name)
    return connection.execute(statement).scalar()


def write_note(connection: Connection, name: str, value: Any, *, now: datetime) -> None:
    """Keep one value under a name, instead of what stood there."""
    remove_note(connection, name)
    connection.execute(workspace_note.insert().values(name=name, value=value, at=now))


def remove_note(connection: Connection, name: str) -> bool:
    """Forget a note; False when there was none."""
    done = connection.execute(workspace_note.delete().where(workspace_note.c.name == name))
    return bool(done.rowcount)
