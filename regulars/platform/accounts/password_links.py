"""One-time links with which somebody gets back in, handed over by whoever manages them.

A ``password`` link lets its holder choose a new password (a second factor is still asked for), a
``second_factor`` link turns the second factor off for whoever also knows the password, and a
``recovery`` link, which only the command line makes, does both.

Users span workspaces, so only an installation's admin may make one for somebody who is known
elsewhere: otherwise one shop's manager could take over another shop's owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.engine import Connection

from regulars.platform import ids
from regulars.platform.accounts import second_factors, sessions, users
from regulars.platform.accounts.tables import password_link
from regulars.platform.accounts.users import User
from regulars.platform.db import Workspace
from regulars.platform.errors import Forbidden, NotFound
from regulars.platform.ids import fingerprint

Purpose = Literal["password", "second_factor", "recovery"]

FOR_PASSWORDS: tuple[Purpose, ...] = ("password", "recovery")
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True)
class Link:
    """What a link is for, and whose it is."""

    person: User
    purpose: Purpose


def make_link(
    connection: Connection, place: Workspace, maker: User, link: Link, *, now: datetime
) -> str:
    """The secret of a new link; older ones stop working. Forbidden for people known elsewhere."""
    elsewhere = [w for w in users.workspaces_of(connection, link.person.id) if w.id != place.id]
    if not maker.admin and (elsewhere or link.person.admin):
        raise Forbidden("known-elsewhere")
    return issue(connection, link, now=now)


def issue(connection: Connection, link: Link, *, now: datetime) -> str:
    """The secret of a new link, whoever makes it; older ones stop working."""
    secret = ids.new_token(24)
    forget_links(connection, link.person.id)
    connection.execute(
        password_link.insert().values(
            token_hash=fingerprint(secret),
            user_id=link.person.id,
            expires_at=now + LIFETIME,
            purpose=link.purpose,
        )
    )
    return secret


def find_link(
    connection: Connection, secret: str, purposes: tuple[Purpose, ...], *, now: datetime
) -> Link:
    """What this link is for; NotFound when used, replaced, expired, guessed or for another use."""
    row = connection.execute(
        password_link.select().where(
            password_link.c.token_hash == fingerprint(secret), password_link.c.expires_at > now
        )
    ).first()
    purpose: Purpose = (row.purpose or "password") if row else "password"
    if row is None or purpose not in purposes:
        raise NotFound("no-password-link")
    return Link(users.get_user(connection, row.user_id), purpose)


def choose_password(connection: Connection, secret: str, password: str, *, now: datetime) -> User:
    """Set the new password, use the link up, and end every session of its owner."""
    link = _use(connection, secret, FOR_PASSWORDS, now)
    users.set_password(connection, link.person, password, now=now)
    if link.purpose == "recovery":
        second_factors.turn_off(connection, link.person.id, now=now)
    return link.person


def drop_second_factor(connection: Connection, secret: str, *, now: datetime) -> User:
    """Turn the second factor off, use the link up, and end every session of its owner."""
    link = _use(connection, secret, ("second_factor",), now)
    second_factors.turn_off(connection, link.person.id, now=now)
    sessions.close_sessions_of(connection, link.person.id)
    return link.person


def forget_links(connection: Connection, user_id: int) -> None:
    """A new link, or a changed password, makes older links worthless."""
    connection.execute(password_link.delete().where(password_link.c.user_id == user_id))


def _use(
    connection: Connection, secret: str, purposes: tuple[Purpose, ...], now: datetime
) -> Link:
    """Of many who open a link at once, one gets through."""
    link = find_link(connection, secret, purposes, now=now)
    used = connection.execute(
        password_link.delete().where(password_link.c.token_hash == fingerprint(secret))
    )
    if used.rowcount != 1:
        raise NotFound("no-password-link")
    return link
