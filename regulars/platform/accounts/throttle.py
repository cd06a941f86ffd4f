"""How often somebody may try: counted in SQL before the trial, so parallel tries all count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
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
    tries, resets_at = _counted(connection, key, limit, now)
    if tries <= limit.tries:
        return 0
    return max(1, int((resets_at - now).total_seconds()))


def count_use(connection: Connection, key: str, limit: Limit, *, now: datetime) -> int:
    """Count one use; how many there were in this window, one more than allowed when too many."""
    return _counted(connection, key, limit, now)[0]


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


def _counted(
    connection: Connection, key: str, limit: Limit, now: datetime
) -> tuple[int, datetime]:
    """One statement, so that neither a parallel try nor a count being forgotten comes between.

    The count stops at one more than allowed; the window is that of the first try in it.
    """
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = build(throttle).values(key=key, tries=1, resets_at=now + limit.window)
    over = throttle.c.resets_at <= now
    tries = sa.case(
        (over, 1), (throttle.c.tries > limit.tries, throttle.c.tries), else_=throttle.c.tries + 1
    )
    resets_at = sa.case((over, statement.excluded.resets_at), else_=throttle.c.resets_at)
    counted = statement.on_conflict_do_update(
        index_elements=[throttle.c.key], set_={"tries": tries, "resets_at": resets_at}
    ).returning(throttle.c.tries, throttle.c.resets_at)
    row = connection.execute(counted).one()
    return row.tries, row.resets_at
