"""Where data lives and how a transaction is opened.

One installation has a *main* store (users, sessions, workspaces) and one store per workspace
(definitions, records, history, engine state): a file each on SQLite, a schema each on PostgreSQL.
`Database.workspace_tx` is the one function that knows which.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.schema import CreateSchema, DropSchema

from regulars.platform import migrations
from regulars.platform.beginning import BUSY_TIMEOUT_MS, POOL_SIZE, Opened
from regulars.platform.clock import Clock, utc_now
from regulars.platform.expressions import sqlite_functions
from regulars.platform.expressions.types import LeapDay
from regulars.platform.faultpoint import faultpoint

MAIN_SCHEMA = "regulars"
POOL_OVERFLOW = 10
POOL_PATIENCE = 5.0  # seconds a request waits for one of this process's connections
LINE = {
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 15_000,  # milliseconds
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

main_metadata = sa.MetaData()
workspace_metadata = sa.MetaData()


@dataclass(frozen=True)
class Workspace:
    """One business. ``key`` stands in addresses; ``id`` names its store."""

    id: int
    key: str
    name: str
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    locale: str = "zh-Hans"
    week_start: int = 0  # 0 = Monday … 6 = Sunday
    leap_day: LeapDay = "before"  # where 29 February falls in common years
    archived_at: datetime | None = None  # since when nothing runs here and nothing changes

    @property
    def calendar(self) -> tuple[str, int, LeapDay]:
        """What the days of statements depend on: a kept one is right for one of these only."""
        return self.zone, self.week_start, self.leap_day

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone whose midnight ends this shop's day."""
        return ZoneInfo(self.zone)

    @property
    def store(self) -> str:
        """The name of the file or schema that holds everything of this workspace."""
        return f"w_{self.id}"


@dataclass
class UnitOfWork:
    """One transaction in one workspace.

    ``now`` is the instant the work means by "now"; ``memo`` lives as long as the transaction;
    actions given to `after_commit` run once the outermost commit has succeeded.
    """

    database: Database
    workspace: Workspace
    connection: Connection
    now: datetime
    memo: dict[Any, Any] = field(default_factory=dict)
    _after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.connection.dialect.name

    def execute(
        self, statement: sa.Executable, parameters: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run one statement inside this transaction."""
        result: CursorResult[*tuple[Any, ...]] = self.connection.execute(statement, parameters)
        return result

    def scalar(self, statement: sa.Executable) -> Any:
        """The first column of the first row, or None."""
        return self.connection.execute(statement).scalar()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Work that may fail on its own without losing the rest."""
        with self.connection.begin_nested():
            yield

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run ``action`` after the commit; losing it must be harmless (a doorbell)."""
        if action not in self._after:
            self._after.append(action)

    def forget_actions(self) -> None:
        """Run none of the actions: what happens here is of no interest to anybody else."""
        self._after.clear()


class Database:
    """The stores of one installation, on SQLite files or on one PostgreSQL database."""

    def __init__(self, url: str, data_dir: Path, *, clock: Clock = utc_now) -> None:
        self.url = url
        self.data_dir = data_dir
        self.clock = clock
        self._lock = threading.Lock()
        self._engines: dict[str, Engine] = {}
        self._turns: dict[str, threading.Lock] = {}

    @property
    def is_sqlite(self) -> bool:
        """Whether each store is a file."""
        return not self.url

    def path_of(self, store: str) -> Path:
        """The file of one store (SQLite only)."""
        folder = self.data_dir if store == "main" else self.data_dir / "workspaces"
        return folder / f"{store}.db"

    def main_tx(self, *, write: bool = True) -> AbstractContextManager[Connection]:
        """One transaction in the main store."""
        return self._begin("main", MAIN_SCHEMA, write=write)

    @contextmanager
    def workspace_tx(
        self, workspace: Workspace, *, write: bool = True, now: datetime | None = None
    ) -> Iterator[UnitOfWork]:
        """One transaction in the store of ``workspace``; rolled back when an error leaves it."""
        with self._begin(workspace.store, workspace.store, write=write) as connection:
            uow = UnitOfWork(self, workspace, connection, now or self.clock())
            yield uow
        if uow._after:
            faultpoint("W2")
        for action in uow._after:
            action()

    @contextmanager
    def outside_transactions(self, workspace: Workspace) -> Iterator[Connection]:
        """A connection for work on indexes, which PostgreSQL does beside the writers only outside
        transactions. It names schemas itself, and sets nothing that would outlive a statement: a
        pooler may give each statement to another session. (Nobody waits for a lock of this kind
        but others who change the same table's shape, so it needs no limit.)

        On SQLite it is an ordinary write transaction.
        """
        if self.is_sqlite:
            with self._begin(workspace.store, workspace.store, write=True) as connection:
                yield connection
            return
        with self._engine("main").connect() as raw:
            yield raw

    def snapshot_tx(self, store: str) -> AbstractContextManager[Connection]:
        """One moment of a store to read from at leisure; others write on meanwhile."""
        return self._begin(store, _schema_of(store), write=False, still=True)

    def store_tx(self, store: str) -> AbstractContextManager[Connection]:
        """One writing transaction in a store by its name, for whoever keeps stores in order."""
        return self._begin(store, _schema_of(store), write=True)

    def make_place(self, store: str) -> None:
        """The folder or schema of a store; nothing is in it yet."""
        if self.is_sqlite:
            self.path_of(store).parent.mkdir(parents=True, exist_ok=True)
            return
        with self._engine("main").begin() as connection:
            connection.execute(CreateSchema(_schema_of(store), if_not_exists=True))

    def create_stores(self, workspace: Workspace | None = None) -> None:
        """Make the main store, or that of one workspace, or bring it up to this release.

        Safe to call from several processes at once; each store changes in one transaction.
        """
        store, line = ("main", "main") if workspace is None else (workspace.store, "workspace")
        self.make_place(store)
        with self.store_tx(store) as connection:
            self.lock_store(connection, store)
            migrations.upgrade(connection, line)

    def lock_store(self, connection: Connection, store: str) -> None:
        """Let one at a time change the tables of a store, until the transaction ends."""
        if not self.is_sqlite:  # there BEGIN IMMEDIATE has done it
            key = zlib.crc32(f"regulars:{_schema_of(store)}".encode())
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))

    def drop_store(self, workspace: Workspace) -> None:
        """Remove everything a workspace holds. There is no way back."""
        if not self.is_sqlite:
            with self._engine("main").begin() as connection:
                connection.execute(DropSchema(workspace.store, cascade=True, if_exists=True))
            return
        self._forget(workspace.store)
        path = self.path_of(workspace.store)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def after_fork(self) -> None:
        """A forked child must not share its parent's connections."""
        for engine in self._engines.values():
            engine.dispose(close=False)
        self._engines = {}
        self._turns = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give every connection back."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines = {}

    def _begin(
        self, store: str, schema: str, *, write: bool, still: bool = False
    ) -> AbstractContextManager[Connection]:
        if self.is_sqlite:
            begins = "BEGIN IMMEDIATE" if write else "BEGIN"  # every transaction is still
        else:
            level = " ISOLATION LEVEL REPEATABLE READ" if still else ""
            begins = f"BEGIN{level}; SET LOCAL search_path TO {schema}"
        turn = self._turn(store) if write and self.is_sqlite else None
        return Opened(self._engine(store), begins, turn)

    def _turn(self, store: str) -> threading.Lock:
        """The threads of this process write to an SQLite file one after the other.

        A lock wakes the next one at once; for other processes' writers one has to look again and
        again (`beginning`).
        """
        with self._lock:
            return self._turns.setdefault(store, threading.Lock())

    def _forget(self, store: str) -> None:
        with self._lock:
            engine = self._engines.pop(store, None)
        if engine is not None:
            engine.dispose()

    def _engine(self, store: str) -> Engine:
        name = store if self.is_sqlite else "main"
        with self._lock:
            if name not in self._engines:
                self._engines[name] = self._connect(name)
            return self._engines[name]

    def _connect(self, store: str) -> Engine:
        if self.is_sqlite:
            return _sqlite_engine(self.path_of(store))
        return sa.create_engine(
            self.url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_PATIENCE,
            query_cache_size=5000,
            hide_parameters=True,
            # A pooler between us and the server hands each transaction to another session.
            # Left to itself the driver would send every BEGIN on its own.
            connect_args={"prepare_threshold": None, "autocommit": True, **_line_of(self.url)},
        )


def _line_of(url: str) -> dict[str, int]:
    """How long a silent network is believed in; what the address itself says about it wins."""
    return {name: value for name, value in LINE.items() if name not in sa.make_url(url).query}


def _schema_of(store: str) -> str:
    return MAIN_SCHEMA if store == "main" else store


def _sqlite_engine(path: Path) -> Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_PATIENCE,
        query_cache_size=5000,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA cache_size = -65536",
            "PRAGMA mmap_size = 268435456",
            "PRAGMA foreign_keys = OFF",
        ):
            cursor.execute(pragma)
        cursor.close()
        sqlite_functions.install(dbapi_connection)

    return engine
