"""Deleted means overwritten: what an erasure removes must not lie in a file's free pages."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from regulars.platform.db import UnitOfWork


def overwrite_deleted(uow: UnitOfWork) -> None:
    """Let SQLite overwrite what this transaction deletes, and empty the journal after it."""
    if uow.dialect != "sqlite":
        return
    uow.connection.exec_driver_sql("PRAGMA secure_delete = ON")
    path = uow.database.path_of(uow.workspace.store)

    def empty_journal() -> None:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    uow.after_commit(empty_journal)
