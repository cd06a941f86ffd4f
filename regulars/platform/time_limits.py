"""A read that somebody waits for is given up when it takes too long; the transaction goes on.

PostgreSQL looks at the clock itself, SQLite asks us every few thousand steps of its machine.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from regulars.platform.db import UnitOfWork

_STEPS = 5000  # of SQLite's machine between two looks at the clock: well below a millisecond
_CANCELLED = "57014"  # PostgreSQL's query_canceled

Seconds = Callable[[], float]


class OutOfTime(Exception):
    """The time was over before the answer was there. Nothing has changed."""


@dataclass(frozen=True)
class TimeLimit:
    """So many seconds for everything that is asked under it, from when it was made.

    ``clock`` answers seconds that only move forward.
    """

    seconds: float
    clock: Seconds = time.monotonic
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_until", self.clock() + self.seconds)

    @property
    def left(self) -> float:
        """The seconds that remain; none when it is over."""
        return max(self._until - self.clock(), 0.0)

    def rows(self, uow: UnitOfWork, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """Every row of a SELECT, or `OutOfTime`."""
        if not self.left:
            raise OutOfTime
        limited = _on_sqlite if uow.dialect == "sqlite" else _on_postgresql
        try:
            with limited(uow.connection, self):
                return uow.execute(statement).all()
        except OperationalError as error:
            if _was_cancelled(error):
                raise OutOfTime from error
            raise

    def scalar(self, uow: UnitOfWork, statement: sa.Select[Any]) -> Any:
        """The first column of the first row, None without one, or `OutOfTime`."""
        found = self.rows(uow, statement)
        return found[0][0] if found else None


@contextmanager
def _on_sqlite(connection: Connection, limit: TimeLimit) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: not limit.left, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _on_postgresql(connection: Connection, limit: TimeLimit) -> Iterator[None]:
    # What is set inside is gone with the savepoint, and so is the error that ends a transaction.
    inside = connection.begin_nested()
    try:
        most = str(max(round(limit.left * 1000), 1))
        connection.execute(sa.select(sa.func.set_config("statement_timeout", most, True)))
        yield
    finally:
        inside.rollback()


def _was_cancelled(error: OperationalError) -> bool:
    orig = error.orig
    if isinstance(orig, sqlite3.Error):
        return orig.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return getattr(orig, "sqlstate", None) == _CANCELLED
