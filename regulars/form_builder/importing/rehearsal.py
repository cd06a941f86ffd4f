"""A copy of a workspace to try things out in: real statements, nothing stays, nobody waits.

On SQLite the workspace's file is copied. On PostgreSQL temporary tables stand in front of the real
ones inside one transaction that is rolled back; the real tables are only read, so no till waits
for a lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history, trash
from regulars.form_builder.importing.tables import (
    import_batch,
    import_chunk,
    import_error,
    import_file,
    import_part,
    import_undo,
)
from regulars.form_builder.tables import all_tables
from regulars.platform.db import Database, Workspace, workspace_metadata
from regulars.platform.events import event

_UNREAD = (
    history, trash, event, import_batch, import_chunk, import_error, import_file, import_part,
    import_undo,
)  # fmt: skip
"""What an import writes but does not read: the copy begins without their rows."""


@contextmanager
def rehearsal(database: Database, workspace: Workspace) -> Iterator[Database]:
    """A database in which ``workspace`` can be written to without consequences."""
    copy = _copied_file if database.is_sqlite else _shadowed
    with copy(database, workspace) as stage:
        yield stage


@contextmanager
def _copied_file(database: Database, workspace: Workspace) -> Iterator[Database]:
    with TemporaryDirectory(prefix="rehearsal-", dir=database.data_dir) as folder:
        stage = Database("", Path(folder), clock=database.clock)
        for store in ("main", workspace.store):
            stage.path_of(store).parent.mkdir(parents=True, exist_ok=True)
            source = sqlite3.connect(database.path_of(store))
            target = sqlite3.connect(stage.path_of(store))
            with closing(source), closing(target):
                source.backup(target)
        try:
            yield stage
        finally:
            stage.close()


class _Forget(Exception):
    """Ends the rehearsal's transaction without a trace."""


@contextmanager
def _shadowed(database: Database, workspace: Workspace) -> Iterator[Database]:
    with database.workspace_tx(workspace, write=False) as uow:
        tables = [*workspace_metadata.sorted_tables]
        for each in catalog_of(uow).tables.values():
            tables += all_tables(each)
    with suppress(_Forget), database.workspace_tx(workspace) as uow:
        for table in tables:
            _shadow(uow.connection, workspace, table)
        yield _Shadow(database, workspace, uow.connection)
        raise _Forget


def _shadow(connection: Connection, workspace: Workspace, table: sa.Table) -> None:
    """A temporary table of the same name, found first; ids still come from the real sequence."""
    made = [_column(table, column) for column in table.columns]
    copy = sa.Table(table.name, sa.MetaData(), *made, prefixes=["TEMPORARY"])
    for index in table.indexes:
        names = [column.name for column in index.columns]
        sa.Index(index.name, *[copy.c[name] for name in names], unique=index.unique)
    copy.create(connection)
    if table in _UNREAD:
        return
    real = table.to_metadata(sa.MetaData(), schema=workspace.store)
    names = [column.name for column in table.columns]
    rows = sa.select(*[real.c[name] for name in names])
    connection.execute(copy.insert().from_select(names, rows, include_defaults=False))


def _column(table: sa.Table, column: sa.Column[Any]) -> sa.Column[Any]:
    default = getattr(column.server_default, "arg", None)
    if column is table.autoincrement_column:
        default = sa.func.nextval(f"{table.name}_{column.name}_seq")
    return sa.Column(
        column.name, column.type, primary_key=column.primary_key, nullable=column.nullable,
        unique=column.unique, server_default=default, autoincrement=False,
    )  # fmt: skip


class _Shadow(Database):
    """The database seen from inside the rehearsal's transaction."""

    def __init__(self, real: Database, workspace: Workspace, outer: Connection) -> None:
        super().__init__(real.url, real.data_dir, clock=real.clock)
        self._real = real
        self._store = workspace.store
        self._outer = outer

    @contextmanager
    def _begin(
        self, store: str, schema: str, *, write: bool, still: bool = False
    ) -> Iterator[Connection]:
        if store != self._store:
            with self._real._begin(store, schema, write=write, still=still) as connection:
                yield connection
            return
        with self._outer.begin_nested():
            yield self._outer
