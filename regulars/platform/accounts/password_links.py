"""A one-time link with which somebody chooses a new password, handed over by whoever manages them.

Users span workspaces, so only an installation's admin may make one for somebody who is known
elsewhere: otherwise one shop's manager could take over another shop's owner.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from regulars.platform import ids
from regulars.platform.accounts import users
from regulars.platform.accounts.tables import password_link
from regulars.platform.accounts.users import User
from regulars.platform.db import Workspace
from regulars.platform.errors import Forbidden, NotFound
from regulars.platform.web.visit import fingerprint

LIFETIME = timedelta(hours=1)


def make_link(
    connection: Connection, place: Workspace, maker: User, user_id: int, *, now: datetime
) -> str:
    """The secret of a new link; older ones stop working. Forbidden for people known elsewhere."""
    person = users.get_user(connection, user_id)
    elsewhere = [w for w in users.workspaces_of(connection, user_id) if w.id != place.id]
    if not maker.admin and (elsewhere or person.admin):
        raise Forbidden("known-elsewhere")
    secret = ids.new_token(24)
    forget_links(connection, user_id)
    connection.execute(
        password_link.insert().values(
            token_hash=fingerprint(secret), user_id=user_id, expires_at=now + LIFETIME
        )
    )
    return secret


def owner_of_link(connection: Connection, secret: str, *, now: datetime) -> User:
    """Whose link this is; NotFound when used, replaced, expired or guessed."""
    row = connection.execute(
        password_link.select().where(
            password_link.c.token_hash == fingerprint(secret), password_link.c.expires_at > now
        )
    ).first()
    if row is None:
        raise NotFound("no-password-link")
    return users.get_user(connection, row.user_id)


def use_link(connection: Connection, secret: str, password: str, *, now: datetime) -> User:
    """Set the new password, use the link up, and end every session of its owner."""
    person = owner_of_link(connection, secret, now=now)
    users.set_password(connection, person, password, now=now)
    return person


def forget_links(connection: Connection, user_id: int) -> None:
    """A new link, or a changed password, makes older links worthless."""
    connection.execute(password_link.delete().where(password_link.c.user_id == user_id))
