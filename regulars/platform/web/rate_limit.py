"""How much a program may ask: so many requests a minute for each key, told in every answer.

Counted in the Redis server, which every web process shares; where there is none, in SQL. A process
takes a few requests of a key at once, so that it need not ask for each. What one has taken and not
used is missing for the others until the minute is over: at most a fiftieth of the limit. The
headers are those of the IETF draft (``RateLimit``, ``RateLimit-Policy``).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from flask import Flask, Response, current_app, g, request

from regulars.platform import redis_server
from regulars.platform.accounts.throttle import Limit, count_use, too_many
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.visit import fingerprint

WINDOW = 60  # seconds
WRONG_KEYS = 60
"""How many requests with a wrong key one address may send in a window."""
_NAME = "regulars_counter"
_PATIENCE = 0.25  # seconds; a slow Redis must not slow every request down
_LARGEST_SHARE = 20
_MOST_KEYS = 1000  # of which a process remembers what it has taken
_AVOIDED = 30.0  # seconds without asking a Redis that did not answer


@dataclass(frozen=True)
class Allowance:
    """What is left: ``remaining`` of ``limit`` until ``reset`` seconds from now."""

    limit: int
    remaining: int
    reset: int


@dataclass
class _Taken:
    """Requests that a process has taken of a key: the last one's number, how many are left."""

    last: int
    left: int


class RedisCounter:
    """Counts in Redis while it answers. Shared by all threads of a process."""

    def __init__(self, client: redis.Redis | None) -> None:
        self._client = client
        self._asleep_until = 0.0
        self._taken: dict[str, _Taken] = {}
        self._lock = threading.Lock()

    def count(self, key: str, share: int = 1) -> int | None:
        """How often ``key`` has come, this time included; None while there is no Redis.

        ``share`` is how many times are taken at once.
        """
        with self._lock:
            known = self._taken.get(key)
            if known is None or not known.left:
                known = self._take(key, share)
            if known is None:
                return None
            known.left -= 1
            return known.last - known.left

    def _take(self, key: str, share: int) -> _Taken | None:
        if self._client is None or time.monotonic() < self._asleep_until:
            return None
        try:
            last = int(self._client.incrby(key, share))
            if last == share:
                self._client.expire(key, WINDOW + 1)
        except redis.RedisError:
            self._asleep_until = time.monotonic() + _AVOIDED
            return None
        if len(self._taken) >= _MOST_KEYS:
            self._taken.clear()
        taken = _Taken(last, share)
        if share > 1:
            self._taken[key] = taken
        return taken


def install(app: Flask, config: Config) -> None:
    """Tell every program what it has left."""
    client = redis_server.client(redis_server.url_for(config), patience=_PATIENCE)
    app.extensions[_NAME] = RedisCounter(client)

    @app.after_request
    def tell(response: Response) -> Response:
        left: Allowance | None = g.get("allowance")
        if left is not None:
            response.headers["RateLimit-Policy"] = f'"key";q={left.limit};w={WINDOW}'
            response.headers["RateLimit"] = f'"key";r={left.remaining};t={left.reset}'
        return response


def spend_request(secret: str) -> None:
    """Count one request of a valid key; TooManyTries when it is one too many."""
    limit = installation().config.api_limit
    share = max(1, min(_LARGEST_SHARE, limit // 50))
    used, reset = _count(f"key:{fingerprint(secret)[:32]}", limit, share)
    g.allowance = Allowance(limit, max(0, limit - used), reset)
    if used > limit:
        raise too_many(reset)


def spend_wrong_key() -> None:
    """Count one request with a wrong key for its address; TooManyTries when it is too many."""
    used, reset = _count(f"address:{request.remote_addr}", WRONG_KEYS)
    if used > WRONG_KEYS:
        raise too_many(reset)


def _count(who: str, limit: int, share: int = 1) -> tuple[int, int]:
    """(how often in this window, seconds until the next one)."""
    counter: RedisCounter = current_app.extensions[_NAME]
    now = request_now()
    window, past = divmod(int(now.timestamp()), WINDOW)
    used = counter.count(f"regulars:rate:{who}:{window}", share)
    if used is None:
        used = _count_in_sql(installation().database, f"rate:{who}", limit, now)
    return used, WINDOW - past


def _count_in_sql(database: Database, key: str, limit: int, now: datetime) -> int:
    """The same in the main store; what is beyond the limit is not told apart."""
    with database.main_tx() as connection:
        return count_use(connection, key, Limit(limit, timedelta(seconds=WINDOW)), now=now)
