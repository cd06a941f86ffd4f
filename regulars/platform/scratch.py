"""A copy of one workspace's store to try things on: a file of its own that nobody keeps.

Whatever is done to the copy, the store it was taken from stays as it is to the last byte. It is an
SQLite file wherever the store itself lives; nothing rings a doorbell from inside.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.engine import Connection, Engine

from regulars.platform.backups.kinds import readers_for, to_archive
from regulars.platform.backups.shapes import TableShape, read_shapes
from regulars.platform.clock import Clock
from regulars.platform.db import Database, UnitOfWork, Workspace, workspace_metadata

_FOLDER = "scratch"
_LEFT_OVER_SECONDS = 24 * 3600
_CHUNK = 2000


class ScratchDatabase(Database):
    """The database that a copy lives in. A crash may take it; it rings no doorbell."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        super().__init__("", folder, clock=clock)

    @contextmanager
    def workspace_tx(
        self, workspace: Workspace, *, write: bool = True, now: datetime | None = None
    ) -> Iterator[UnitOfWork]:
        """As everywhere, but nobody is told."""
        with super().workspace_tx(workspace, write=write, now=now) as uow:
            yield uow
            uow.forget_actions()

    def _connect(self, store: str) -> Engine:
        engine = super()._connect(store)

        @sa_event.listens_for(engine, "connect")
        def hurry(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")

        return engine


@contextmanager
def scratch_copy(
    database: Database, workspace: Workspace, clock: Clock
) -> Iterator[ScratchDatabase]:
    """A copy of the workspace's store as of this moment, removed at the end."""
    parent = database.data_dir / _FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(dir=parent))
    scratch = ScratchDatabase(folder, clock)
    try:
        scratch.make_place(workspace.store)
        with database.snapshot_tx(workspace.store) as source:
            if database.is_sqlite:
                _copy_file(source, scratch.path_of(workspace.store))
            else:
                _copy_rows(source, scratch, workspace)
        yield scratch
    finally:
        scratch.close()
        shutil.rmtree(folder, ignore_errors=True)


def _copy_file(source: Connection, path: Path) -> None:
    raw = source.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    target = sqlite3.connect(path)
    try:
        raw.backup(target)
    finally:
        target.close()


def _copy_rows(source: Connection, scratch: ScratchDatabase, workspace: Workspace) -> None:
    shapes = read_shapes(source, workspace_metadata.tables.values())
    with scratch.store_tx(workspace.store) as target:
        workspace_metadata.create_all(target)
        for shape in shapes:
            if shape.name not in workspace_metadata.tables:
                shape.typed_table().create(target)
            _copy_table(source, target, shape)


def _copy_table(source: Connection, target: Connection, shape: TableShape) -> None:
    names = [column.name for column in shape.columns]
    turned = readers_for("sqlite", shape.kinds)
    table = shape.plain_table()
    rows = source.execute(sa.select(table), execution_options={"yield_per": _CHUNK})
    for some in rows.partitions(_CHUNK):
        values = []
        for row in some:
            cells = [to_archive(value) for value in row]
            for place, turn in turned:
                if cells[place] is not None:
                    cells[place] = turn(cells[place])
            values.append(dict(zip(names, cells, strict=True)))
        target.execute(table.insert(), values)


def _sweep(parent: Path) -> None:
    """Remove what a process that was killed left behind."""
    for folder in parent.iterdir():
        if time.time() - folder.stat().st_mtime > _LEFT_OVER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
