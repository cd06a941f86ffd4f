"""Sessions in SQL: they survive a flushed Redis; ending one takes effect at the next request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform.accounts.tables import second_factor, session, sign_in_step, user
from regulars.platform.accounts.users import User, as_user
from regulars.platform.errors import NotFound
from regulars.platform.ids import fingerprint

LIFETIME = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=10)
CONFIRMED_FOR = timedelta(minutes=10)
STEP_LIFETIME = timedelta(minutes=10)
MOVING_TIME = timedelta(minutes=1)
_AGENT_LENGTH = 200
_HANDLE_LENGTH = 16


@dataclass(frozen=True)
class Device:
    """From where somebody comes: what the browser calls itself, and its address."""

    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class Session:
    """Somebody signed in.

    ``is_stale`` asks for a note of being seen, ``is_outdated`` for a new id because their rights
    changed, ``is_confirmed`` says that the password was typed a moment ago.
    """

    user: User
    visit_hash: str
    is_stale: bool
    is_outdated: bool
    is_confirmed: bool
    has_second_factor: bool
    looks_as: Mapping[str, Any] | None = None  # `looking`


@dataclass(frozen=True)
class OpenSession:
    """One place where a user is signed in; ``handle`` names it and opens nothing."""

    handle: str
    device: Device
    created_at: datetime
    seen_at: datetime
    is_this: bool


def open_session(
    connection: Connection, user_id: int, visit_hash: str, device: Device, *, now: datetime
) -> None:
    """Begin a session under a fresh visit's hash; the password has just been typed."""
    connection.execute(session.delete().where(session.c.expires_at < now))
    connection.execute(
        session.insert().values(
            visit_hash=visit_hash,
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
            agent=device.agent[:_AGENT_LENGTH],
            address=device.address,
            confirmed_at=now,
        )
    )


def find_session(connection: Connection, visit_hash: str, *, now: datetime) -> Session | None:
    """Who is signed in under this visit; None when nobody, or expired, or no longer active."""
    row = connection.execute(
        sa.select(
            user,
            session.c.seen_at,
            session.c.expires_at,
            session.c.outdated_at,
            session.c.looks_as,
            session.c.confirmed_at.label("typed_at"),
            second_factor.c.confirmed_at.label("factor_at"),
        )
        .join(session, session.c.user_id == user.c.id)
        .outerjoin(second_factor, second_factor.c.user_id == user.c.id)
        .where(session.c.visit_hash == visit_hash)
    ).first()
    if row is None or not row.active or row.expires_at <= now:
        return None
    return Session(
        user=as_user(row),
        visit_hash=visit_hash,
        is_stale=row.seen_at + SEEN_EVERY < now,
        is_outdated=row.outdated_at is not None,
        is_confirmed=row.typed_at is not None and now < row.typed_at + CONFIRMED_FOR,
        has_second_factor=row.factor_at is not None,
        looks_as=row.looks_as,
    )


def touch_session(connection: Connection, visit_hash: str, *, now: datetime) -> None:
    """Note that the session is in use, which lengthens it."""
    _change(connection, visit_hash, seen_at=now, expires_at=now + LIFETIME)


def confirm_session(connection: Connection, visit_hash: str, *, now: datetime) -> None:
    """Note that the password has just been typed again."""
    _change(connection, visit_hash, confirmed_at=now)


def outdate_sessions_of(connection: Connection, user_id: int, *, now: datetime) -> None:
    """What this user may do has changed: each session gets a new id at its next page."""
    connection.execute(
        session.update().where(session.c.user_id == user_id).values(outdated_at=now)
    )


def move_session(connection: Connection, old: str, new: str, *, now: datetime) -> None:
    """Go on under another visit's hash; the old one is good for requests on their way only."""
    row = connection.execute(
        session.select().where(session.c.visit_hash == old).with_for_update()
    ).first()
    if row is None:
        return
    values = {**row._mapping, "visit_hash": new, "outdated_at": None}
    connection.execute(session.insert().values(values))
    _change(connection, old, expires_at=min(row.expires_at, now + MOVING_TIME), outdated_at=None)


def list_sessions(
    connection: Connection, user_id: int, visit_hash: str, *, now: datetime
) -> list[OpenSession]:
    """Where a user is signed in, this place first, then the one last seen."""
    rows = connection.execute(
        session.select().where(
            session.c.user_id == user_id, session.c.expires_at > now + MOVING_TIME
        )
    ).all()
    found = [
        OpenSession(
            handle_of(row.visit_hash),
            Device(row.agent, row.address or ""),
            row.created_at,
            row.seen_at,
            row.visit_hash == visit_hash,
        )
        for row in rows
    ]
    found.sort(key=lambda each: (each.is_this, each.seen_at), reverse=True)
    return found


def close_session(connection: Connection, visit_hash: str) -> None:
    """End one session."""
    connection.execute(session.delete().where(session.c.visit_hash == visit_hash))


def close_by_handle(connection: Connection, user_id: int, handle: str) -> None:
    """End the session of this user that `list_sessions` named so; NotFound for any other."""
    own = sa.select(session.c.visit_hash).where(session.c.user_id == user_id)
    for visit_hash in connection.execute(own).scalars().all():
        if handle_of(visit_hash) == handle:
            close_session(connection, visit_hash)
            return
    raise NotFound()


def close_sessions_of(connection: Connection, user_id: int, *, keep: str = "") -> int:
    """End every session of a user but ``keep`` (a visit hash); how many there were."""
    done = connection.execute(
        session.delete().where(session.c.user_id == user_id, session.c.visit_hash != keep)
    )
    connection.execute(sign_in_step.delete().where(sign_in_step.c.user_id == user_id))
    return int(done.rowcount)


def owe_second_factor(
    connection: Connection, user_id: int, visit_hash: str, *, now: datetime
) -> None:
    """The password was right; the code is still to come, in this visit and soon."""
    connection.execute(sign_in_step.delete().where(sign_in_step.c.expires_at < now))
    connection.execute(
        sign_in_step.insert().values(
            visit_hash=visit_hash, user_id=user_id, expires_at=now + STEP_LIFETIME
        )
    )


def who_owes(connection: Connection, visit_hash: str, *, now: datetime) -> User | None:
    """Who owes the code in this visit; None when nobody does, or they took too long."""
    row = connection.execute(
        sa.select(user, sign_in_step.c.expires_at)
        .join(sign_in_step, sign_in_step.c.user_id == user.c.id)
        .where(sign_in_step.c.visit_hash == visit_hash)
    ).first()
    if row is None or not row.active or row.expires_at <= now:
        return None
    return as_user(row)


def settle(connection: Connection, visit_hash: str) -> bool:
    """The code came; False when another request has settled this already."""
    done = connection.execute(sign_in_step.delete().where(sign_in_step.c.visit_hash == visit_hash))
    return done.rowcount == 1


def handle_of(visit_hash: str) -> str:
    """A name for a session that can stand on a page."""
    return fingerprint(visit_hash)[:_HANDLE_LENGTH]


def _change(connection: Connection, visit_hash: str, **values: Any) -> None:
    connection.execute(session.update().where(session.c.visit_hash == visit_hash).values(**values))
