"""How a transaction begins: on a connection that lives, and when its turn has come."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

from sqlalchemy.engine import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError, OperationalError

from regulars.platform.errors import Busy
from regulars.platform.prepared import send

POOL_SIZE = 5
BUSY_TIMEOUT_MS = 10_000
LOOK_AGAIN_MS = 3  # SQLite looks three times within this while
_POOLER_IS_FULL = "query_wait_timeout"  # what PgBouncer says when it found no session for us
_WAITS = "busy_timeout"


class Opened:
    """One transaction of a store, from its turn to its end, as ``with Opened(…) as connection``.

    Committed at the end of the block, rolled back when an error leaves it. ``turn`` is what the
    threads of this process wait for before they write, where that is so; Busy when it takes too
    long. (A class, because every request opens one or two: a generator costs three times more.)
    """

    def __init__(self, engine: Engine, begins: str, turn: threading.Lock | None) -> None:
        self._engine, self._begins, self._turn = engine, begins, turn

    def __enter__(self) -> Connection:
        if self._turn is None:
            return self._open()
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise Busy()
        try:
            return self._open()
        except BaseException:
            self._turn.release()
            raise

    def __exit__(self, *error: Any) -> None:
        try:
            try:
                self._transaction.__exit__(*error)
            finally:
                self._connection.close()
        finally:
            if self._turn is not None:
                self._turn.release()

    def _open(self) -> Connection:
        self._connection, self._transaction = begun(self._engine, self._begins)
        self._transaction.__enter__()
        return self._connection


def begun(engine: Engine, begins: str) -> tuple[Connection, RootTransaction]:
    """A connection and its transaction; one that the server has cut meanwhile is replaced."""
    for _ in range(POOL_SIZE):
        connection = engine.connect()
        try:
            return connection, _begin(connection, begins)
        except BaseException as error:
            connection.close()
            if not _is_cut(error):
                raise
    connection = engine.connect()
    return connection, _begin(connection, begins)


def _is_cut(error: BaseException) -> bool:
    """Whether another connection may do better: this one was lost, and not for want of room."""
    if not isinstance(error, DBAPIError) or not error.connection_invalidated:
        return False
    return _POOLER_IS_FULL not in str(error.orig)


def _begin(connection: Connection, begins: str) -> RootTransaction:
    """A transaction of SQLAlchemy, which itself sends nothing when it begins, and of the store."""
    transaction = connection.begin()
    if begins == "BEGIN IMMEDIATE":
        _begin_writing(connection)
        return transaction
    if begins == "BEGIN":
        _wait_at_most(connection, BUSY_TIMEOUT_MS)
    send(connection, begins)
    return transaction


def _begin_writing(connection: Connection) -> None:
    """Take the file's one writing transaction; wait for other processes that have it.

    SQLite itself sleeps ever longer between two looks, up to a tenth of a second, so that who
    waits finds out late that the way was free, or that it is taken again.
    """
    _wait_at_most(connection, LOOK_AGAIN_MS)
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return send(connection, "BEGIN IMMEDIATE")
        except OperationalError as error:
            if not _is_taken(error) or time.monotonic() > until:
                raise


def _wait_at_most(connection: Connection, milliseconds: int) -> None:
    """How long SQLite itself waits for a lock; inside a transaction there is none to wait for."""
    about = connection.info
    if about.get(_WAITS) != milliseconds:
        send(connection, f"PRAGMA busy_timeout = {milliseconds}")
        about[_WAITS] = milliseconds


def _is_taken(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
