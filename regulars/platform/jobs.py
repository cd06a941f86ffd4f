"""The doorbell: tell workers that there is due work. It holds no work itself.

Everything that must happen is a row in SQL; a job only wakes somebody up to look. Losing every
job costs at most one tick. Without a Redis-compatible server ``ring`` answers False and the ticker
does the work.
"""

from __future__ import annotations

import functools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import redis
from rq import Queue

from regulars.platform import redis_server
from regulars.platform.config import Config
from regulars.platform.signed_jobs import (
    JobKind,
    JobRefused,
    Keys,
    allowed_jobs,
    bell_key,
    signed_serializer,
)

QUEUES = ("interactive", "rules", "long")
"""What somebody waits for in front of a page · what rules have to do · imports and exports."""

BELL_SECONDS = 5  # a ring that was lost on its way is repeated after this long
GATHER_SECONDS = 0.02  # how long rings are gathered in a process that serves pages
REST_SECONDS = 2.0  # how long a server that failed is left alone
FAILURE_SECONDS = 24 * 3600

log = logging.getLogger(__name__)


class Bell(Protocol):
    """What this process rings."""

    def ring(self, name: str) -> bool:
        """Wake a worker for the kind ``name``; False when nobody could be woken."""

    def enqueue(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Hand a payload to a worker; False when it could not be handed over."""


class Silence:
    """The bell of a process without a Redis-compatible server: nobody hears it."""

    def ring(self, name: str) -> bool:
        """Nobody could be woken."""
        return False

    def enqueue(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Nothing could be handed over."""
        return False


class RedisBell:
    """Rings through RQ. A server that fails is left alone for a moment; pages stay fast."""

    def __init__(self, url: str, keys: Keys, kinds: Iterable[JobKind]) -> None:
        self._connection = redis_server.client(url)
        self._kinds = {kind.name: kind for kind in kinds}
        self._serializer = signed_serializer(keys)
        self._job_class = allowed_jobs(self._kinds)
        self._rest_until = 0.0

    def ring(self, name: str) -> bool:
        """Wake a worker once, however often it is rung before the worker answers."""
        kind = self._kind(name)
        return self._try(lambda: self._ring(kind))

    def enqueue(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Hand a payload (plain JSON, no personal data) to a worker of the kind's queue."""
        kind = self._kind(name)
        return self._try(lambda: self._enqueue(kind, payload))

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()

    def _kind(self, name: str) -> JobKind:
        kind = self._kinds.get(name)
        if kind is None:
            raise JobRefused(f"No job is called {name!r} here.")
        return kind

    def _try(self, action: Callable[[], None]) -> bool:
        if time.monotonic() < self._rest_until:
            return False
        try:
            action()
        except redis.RedisError as error:
            self._rest_until = time.monotonic() + REST_SECONDS
            log.info("The doorbell was not heard: %s", error)
            return False
        return True

    def _ring(self, kind: JobKind) -> None:
        if self._connection.set(bell_key(kind.name), 1, nx=True, ex=BELL_SECONDS):
            self._enqueue(kind, {})

    def _enqueue(self, kind: JobKind, payload: Mapping[str, Any]) -> None:
        queue = Queue(
            kind.queue,
            connection=self._connection,
            serializer=self._serializer,
            job_class=self._job_class,
        )
        queue.enqueue_call(
            func=kind.name,
            args=(dict(payload),),
            timeout=kind.timeout,
            result_ttl=0,
            failure_ttl=FAILURE_SECONDS,
            description=kind.name,
        )


class Gathered:
    """A bell for a process with many small transactions: rings that come close together are one.

    The ring goes out a moment after the first of them, from a thread of its own, so nobody who
    saves something waits for the server. Whoever is about to end must ring directly.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._names: set[str] = set()
        self._rung = threading.Event()
        threading.Thread(target=self._pass_on, name="doorbell", daemon=True).start()

    def ring(self, name: str) -> bool:
        """Wake a worker soon."""
        self._names.add(name)
        self._rung.set()
        return True

    def enqueue(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Hand a payload over at once."""
        return self._bell.enqueue(name, payload)

    def _pass_on(self) -> None:
        while self._rung.wait():
            time.sleep(GATHER_SECONDS)
            self._rung.clear()  # first: a name that comes from here on rings once more
            while self._names:
                name = self._names.pop()
                try:
                    self._bell.ring(name)
                except Exception:
                    log.exception("The doorbell could not be rung.")


class Queues:
    """The queues as monitoring sees them."""

    def __init__(self, config: Config) -> None:
        self._client = redis_server.client(redis_server.url_for(config), patience=0.25)

    def answers(self) -> bool:
        """Whether the server is there."""
        return redis_server.is_ready(self._client)

    def waiting(self) -> float:
        """How many jobs wait in all queues; NaN while the server is away."""
        try:
            return float(sum(int(self._client.llen(f"rq:queue:{name}")) for name in QUEUES))
        except redis.RedisError:
            return math.nan


_bell: Bell = Silence()


def install(bell: Bell) -> None:
    """Choose what this process rings; called once where the process is put together."""
    global _bell
    _bell = bell


def gather() -> None:
    """From now on let this process gather its rings; for one that stays."""
    install(Gathered(_bell))


def ring(name: str) -> bool:
    """Ring after a commit; losing it is harmless. True when somebody will look."""
    return _bell.ring(name)


def enqueue(name: str, payload: Mapping[str, Any]) -> bool:
    """Hand over long work whose row in SQL is already committed."""
    return _bell.enqueue(name, payload)


@functools.cache
def ringer(name: str) -> Callable[[], None]:
    """The action for `UnitOfWork.after_commit`; the same object every time, so it runs once."""

    def ring_it() -> None:
        ring(name)

    return ring_it
