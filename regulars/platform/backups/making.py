"""Making a backup: which stores go in, what the manifest says, and whether it can be read back.

A backup counts as good only after it has been filled into an empty store of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars import __version__
from regulars.platform import migrations
from regulars.platform.accounts.tables import member
from regulars.platform.backups.archive import FORMAT, ArchiveWriter, written_archive
from regulars.platform.backups.dumping import Dump, Progress, dump_store
from regulars.platform.backups.hooks import record_tables
from regulars.platform.backups.shapes import TableShape, read_shapes
from regulars.platform.data_folder import SECRET_FILE
from regulars.platform.db import (
    Database,
    UnitOfWork,
    Workspace,
    main_metadata,
    workspace_metadata,
)

Scope = Literal["workspace", "installation"]

LEFT_OUT = frozenset({"session", "password_link", "throttle", "setup", "backup"})
"""Main tables whose rows mean nothing elsewhere: who is signed in right now, the files here."""


@dataclass(frozen=True)
class Made:
    """A backup that has been written. ``rows`` by store and table."""

    path: Path
    size: int
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many rows it holds."""
        return sum(count for tables in self.rows.values() for count in tables.values())


@dataclass(frozen=True)
class Order:
    """A backup to be made. ``secret`` is the installation's key, only where somebody asked."""

    scope: Scope
    places: Sequence[Workspace]
    path: Path
    now: datetime
    secret: str | None = None


def make_backup(database: Database, order: Order, progress: Progress) -> Made:
    """Write the archive: each store as of one moment of its own, with everything in it."""
    made = Made(order.path, 0)
    with written_archive(order.path, _manifest(database, order)) as writer:
        if order.scope == "installation":
            made.rows["main"] = _dump_main(database, writer)
        for place in order.places:
            made.rows[place.store] = _dump_workspace(database, place, writer, progress)
            _add_blobs(database, place, writer)
        if order.secret:
            writer.add(f"secrets/{SECRET_FILE}", order.secret.encode())
    return Made(order.path, order.path.stat().st_size, made.rows)


def blob_folder(database: Database, place: Workspace) -> Path:
    """Where the files of a workspace lie."""
    return database.data_dir / "blobs" / place.store


def _manifest(database: Database, order: Order) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "product": "regulars",
        "version": __version__,
        "scope": order.scope,
        "made_at": order.now.isoformat(),
        "database": "sqlite" if database.is_sqlite else "postgresql",
        "workspaces": {place.store: _settings(place) for place in order.places},
        "needs": [] if order.secret else [SECRET_FILE],
        "holds_secrets": bool(order.secret),
    }


def _settings(place: Workspace) -> dict[str, Any]:
    names = ("key", "name", "zone", "currency", "locale", "week_start", "leap_day")
    return {name: getattr(place, name) for name in names}


def _dump_main(database: Database, writer: ArchiveWriter) -> dict[str, int]:
    with database.snapshot_tx("main") as connection:
        shapes = read_shapes(connection, main_metadata.tables.values())
        about = {"revision": migrations.revision_of(connection)}
        return dump_store(connection, writer, Dump("main", about, shapes, LEFT_OUT), _silent)


def _dump_workspace(
    database: Database, place: Workspace, writer: ArchiveWriter, progress: Progress
) -> dict[str, int]:
    with database.snapshot_tx(place.store) as connection:
        shapes = workspace_shapes(database, place, connection)
        about = {"revision": migrations.revision_of(connection), "people": _people(connection)}
        return dump_store(
            connection, writer, Dump(place.store, about, shapes, _made_again()), progress
        )


def _made_again() -> frozenset[str]:
    """Tables whose rows the product makes again by itself, like those of the search index."""
    tables = workspace_metadata.tables.items()
    return frozenset(name for name, table in tables if table.info.get("made_again"))


def _people(connection: Connection) -> list[dict[str, Any]]:
    """By which addresses the members are known: numbers of users mean nothing elsewhere."""
    rows = connection.execute(sa.select(member.c.id, member.c.email, member.c.name))
    return [{"member": row.id, "email": row.email, "name": row.name} for row in rows]


def workspace_shapes(
    database: Database, place: Workspace, connection: Connection
) -> list[TableShape]:
    """Every table of a workspace as it is in this snapshot."""
    uow = UnitOfWork(database, place, connection, database.clock())
    made = [table for source in record_tables for table in source(uow)]
    return read_shapes(connection, [*made, *workspace_metadata.tables.values()])


def _add_blobs(database: Database, place: Workspace, writer: ArchiveWriter) -> None:
    """Files are written once and never changed; one that has just gone is no longer wanted."""
    folder = blob_folder(database, place)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(folder).as_posix()
            with suppress(FileNotFoundError):
                writer.add_file(f"blobs/{place.store}/{name}", path)


def scratch_folder(database: Database) -> tempfile.TemporaryDirectory[str]:
    """A private folder on the same disk, gone afterwards."""
    folder = database.data_dir / "scratch"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=folder)


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""
