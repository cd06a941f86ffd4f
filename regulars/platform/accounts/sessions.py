"""Sessions in SQL: they survive a flushed Redis; ending one takes effect at the next request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform.accounts.tables import session, user
from regulars.platform.accounts.users import User, as_user

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(hours=1)
_AGENT_LENGTH = 200


@dataclass(frozen=True)
class Session:
    """Somebody signed in. ``is_stale`` asks for a note of being seen."""

    user: User
    visit_hash: str
    is_stale: bool


def open_session(
    connection: Connection, user_id: int, visit_hash: str, *, agent: str, now: datetime
) -> None:
    """Begin a session under a fresh visit's hash."""
    connection.execute(session.delete().where(session.c.expires_at < now))
    connection.execute(
        session.insert().values(
            visit_hash=visit_hash,
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
            agent=agent[:_AGENT_LENGTH],
        )
    )


def find_session(connection: Connection, visit_hash: str, *, now: datetime) -> Session | None:
    """Who is signed in under this visit; None when nobody, or expired, or no longer active."""
    row = connection.execute(
        sa.select(user, session.c.seen_at, session.c.expires_at)
        .join(session, session.c.user_id == user.c.id)
        .where(session.c.visit_hash == visit_hash)
    ).first()
    if row is None or not row.active or row.expires_at <= now:
        return None
    return Session(as_user(row), visit_hash, row.seen_at + SEEN_EVERY < now)


def touch_session(connection: Connection, visit_hash: str, *, now: datetime) -> None:
    """Note that the session is in use, which lengthens it."""
    connection.execute(
        session.update()
        .where(session.c.visit_hash == visit_hash)
        .values(seen_at=now, expires_at=now + LIFETIME)
    )


def close_session(connection: Connection, visit_hash: str) -> None:
    """End one session."""
    connection.execute(session.delete().where(session.c.visit_hash == visit_hash))


def close_sessions_of(connection: Connection, user_id: int) -> None:
    """End every session of a user."""
    connection.execute(session.delete().where(session.c.user_id == user_id))
