"""How often somebody may try: counted in SQL before the trial, so parallel tries all count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from regulars.platform.accounts.tables import throttle
from regulars.platform.db import Database
from regulars.platform.errors import RegularsError


class TooManyTries(RegularsError):
    """Wait a while. ``retry_after`` is in seconds."""

    status, code = 429, "too-many-tries"


@dataclass(frozen=True)
class Limit:
    """At most ``tries`` within ``window``."""

    tries: int
    window: timedelta


def count_try(connection: Connection, key: str, limit: Limit, *, now: datetime) -> int:
    """Count one try; how many seconds to wait, 0 when it is allowed."""
    _make_room(connection, key, now)
    row = connection.execute(
        throttle.select().where(throttle.c.key == key).with_for_update()
    ).one()
    fresh = row.resets_at <= now
    if not fresh and row.tries >= limit.tries:
        return max(1, int((row.resets_at - now).total_seconds()))
    connection.execute(
        throttle.update()
        .where(throttle.c.key == key)
        .values(
            tries=1 if fresh else throttle.c.tries + 1,
            resets_at=now + limit.window if fresh else row.resets_at,
        )
    )
    return 0


def count_use(connection: Connection, key: str, limit: Limit, *, now: datetime) -> int:
    """Count one use; how many there were in this window, one more than allowed when too many."""
    if count_try(connection, key, limit, now=now):
        return limit.tries + 1
    row = connection.execute(throttle.select().where(throttle.c.key == key)).one()
    return int(row.tries)


def require_try(database: Database, key: str, limit: Limit, *, now: datetime) -> None:
    """Count one try in a transaction of its own; TooManyTries when it is one too many."""
    with database.main_tx() as connection:
        wait = count_try(connection, key, limit, now=now)
    if wait:
        raise too_many(wait)


def too_many(wait: int) -> TooManyTries:
    """The refusal, with the wait in seconds for machines and in minutes for people."""
    return TooManyTries(retry_after=wait, n=-(-wait // 60))


def forget_tries(connection: Connection, key: str) -> None:
    """A success clears the count."""
    connection.execute(throttle.delete().where(throttle.c.key == key))


def forget_old_tries(connection: Connection, *, now: datetime) -> None:
    """Remove counts whose window is long over."""
    connection.execute(throttle.delete().where(throttle.c.resets_at < now - timedelta(days=1)))


def _make_room(connection: Connection, key: str, now: datetime) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(throttle).values(key=key, tries=0, resets_at=now).on_conflict_do_nothing()
    )
