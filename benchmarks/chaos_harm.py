"""What is done to an installation in a chaos run. Each deed is over by itself after a while."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import redis
import sqlalchemy as sa

from regulars.platform import redis_server
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace

PARTS = ("web", "worker", "ticker", "server")
PAST_A_LEASE = 66.0  # seconds
JUMPS = (-3600, -300, 300, 3600)  # seconds


def set_clock(file: Path, seconds: float) -> None:
    """From now on every process of the installation is ahead by so much."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds), "ascii")
    fresh.replace(file)


@dataclass
class Harm:
    """Everything that can go wrong at the installation of ``pid``, chosen by ``chance``."""

    pid: int
    config: Config
    database: Database
    place: Workspace
    clock_file: Path
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    _later: list[threading.Thread] = field(default_factory=list)

    def harass(self, until: float) -> None:
        """Do one thing after the other until then (monotonic seconds), and let all of it end."""
        deeds = self._deeds()
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(1, 6))
            name, deed = self.chance.choice(deeds)
            with contextlib.suppress(psutil.Error, redis.RedisError, ProcessLookupError):
                if deed():
                    self.done[name] += 1
        for thread in self._later:
            thread.join()
        set_clock(self.clock_file, 0)

    def _deeds(self) -> list[tuple[str, Callable[[], bool]]]:
        deeds: list[tuple[str, Callable[[], bool]]] = []
        for part in PARTS:
            deeds.append((f"kill {part}", partial(self._kill, part)))
            deeds.append((f"stop {part}", partial(self._stop, part)))
        return [
            *deeds, ("flush", self._flush), ("queue is full", self._refuse),
            ("cut the database", self._cut), ("clock", self._jump),
        ]  # fmt: skip

    def processes(self, part: str) -> Iterator[psutil.Process]:
        """The processes of one part; workers with the children that do their jobs."""
        for each in psutil.Process(self.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if self._is(
                    part, each.name(), " ".join(each.cmdline()).replace("regulars.cli", "regulars")
                ):
                    yield each

    def _is(self, part: str, name: str, words: str) -> bool:
        if part == "server":
            return name.startswith(("valkey", "redis"))
        titles = part == "worker" and words.startswith("rq:worker:")  # they name themselves anew
        return titles or f"regulars {part}" in words.replace("regulars.cli", "regulars")

    def _one(self, part: str) -> psutil.Process | None:
        found = sorted(self.processes(part), key=lambda each: each.pid)
        return self.chance.choice(found) if found else None

    def _kill(self, part: str) -> bool:
        found = self._one(part)
        if found is not None:
            found.kill()
        return found is not None

    def _stop(self, part: str) -> bool:
        """Suspend it for a while; a worker now and then for longer than a lease."""
        found = self._one(part)
        long = part == "worker" and self.chance.random() < 0.25
        seconds = PAST_A_LEASE if long else self.chance.uniform(2, 12)
        if found is None:
            return False
        found.suspend()
        self._after(seconds, lambda: os.kill(found.pid, signal.SIGCONT))
        return True

    def _flush(self) -> bool:
        with self._queue() as client:
            client.flushall()
        return True

    def _refuse(self) -> bool:
        """The queue's server takes no writes any more."""
        with self._queue() as client:
            client.config_set("maxmemory", "1")
        self._after(self.chance.uniform(3, 10), self._let_write)
        return True

    def _let_write(self) -> None:
        with self._queue() as client:
            client.config_set("maxmemory", "0")

    @contextlib.contextmanager
    def _queue(self) -> Iterator[redis.Redis]:
        client = redis_server.client(redis_server.url_for(self.config))
        try:
            yield client
        finally:
            client.close()

    def _cut(self) -> bool:
        """End every connection of the database; a file is kept from all others for a while."""
        if not self.database.is_sqlite:
            about = sa.table("pg_stat_activity", *map(sa.column, ("pid", "datname")))
            others = about.c.pid != sa.func.pg_backend_pid()
            here = about.c.datname == sa.func.current_database()
            end = sa.select(sa.func.pg_terminate_backend(about.c.pid)).where(here, others)
            with self.database.main_tx() as connection:
                connection.execute(end)
            return True
        path = self.database.path_of(self.chance.choice((self.place.store, "main")))
        seconds = self.chance.uniform(0.5, 12)
        self._later.append(threading.Thread(target=_lock, args=(path, seconds)))
        self._later[-1].start()
        return True

    def _jump(self) -> bool:
        """The clock of the whole machine is wrong for a while."""
        set_clock(self.clock_file, self.chance.choice(JUMPS))
        self._after(self.chance.uniform(3, 15), lambda: set_clock(self.clock_file, 0))
        return True

    def _after(self, seconds: float, mend: Callable[[], None]) -> None:
        def wait() -> None:
            time.sleep(seconds)
            with contextlib.suppress(redis.RedisError, ProcessLookupError):
                mend()

        self._later = [each for each in self._later if each.is_alive()]
        self._later.append(threading.Thread(target=wait))
        self._later[-1].start()


def _lock(path: Path, seconds: float) -> None:
    with contextlib.suppress(sqlite3.OperationalError):
        other = sqlite3.connect(path, isolation_level=None, timeout=10)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        other.execute("ROLLBACK")
        other.close()
