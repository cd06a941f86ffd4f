"""Users: people who can sign in, whatever workspaces they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from regulars.platform.accounts import passwords, trail
from regulars.platform.accounts.tables import (
    membership,
    password_link,
    session,
    sign_in_step,
    user,
)
from regulars.platform.db import Workspace
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.i18n import LOCALES
from regulars.platform.problems import Problem
from regulars.platform.workspaces import as_workspace, workspace

_EMAIL = re.compile(r"^[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}$")
NAME_LENGTH = 80


@dataclass(frozen=True)
class User:
    """A person who can sign in. ``admin`` may open new workspaces on this installation."""

    id: int
    email: str
    name: str
    locale: str
    admin: bool
    active: bool


@dataclass(frozen=True)
class NewUser:
    """What somebody gives to get an account."""

    email: str
    name: str
    password: str
    locale: str = "zh-Hans"

    def problems(self) -> list[Problem]:
        """Every mistake in it, at its field."""
        return [
            *email_problems(self.email),
            *name_problems(self.name),
            *passwords.password_problems(self.password, self.email),
            *locale_problems(self.locale),
        ]


def create_user(
    connection: Connection, new: NewUser, *, now: datetime, admin: bool = False
) -> User:
    """Make an account; Conflict when the address has one."""
    if problems := new.problems():
        raise Invalid(problems)
    email = normal_email(new.email)
    if find_user(connection, email) is not None:
        raise Conflict("email-taken", email=email)
    made = connection.execute(
        user.insert().values(
            email=email,
            name=new.name.strip(),
            password_hash=passwords.hash_password(new.password),
            locale=new.locale,
            admin=admin,
            active=True,
            created_at=now,
            password_at=now,
        )
    )
    key = made.inserted_primary_key
    assert key is not None
    return get_user(connection, key[0])


def find_user(connection: Connection, email: str) -> User | None:
    """The user with this address, or None."""
    row = find_row(connection, email)
    return None if row is None else as_user(row)


def find_row(connection: Connection, email: str) -> Row[Any] | None:
    """The whole row under an address, or None; what can be no address is never asked for."""
    plain = normal_email(email)
    if not _EMAIL.match(plain):
        return None
    return connection.execute(user.select().where(user.c.email == plain)).first()


def get_user(connection: Connection, user_id: int) -> User:
    """The user with this id."""
    row = connection.execute(user.select().where(user.c.id == user_id)).first()
    if row is None:
        raise NotFound()
    return as_user(row)


def has_users(connection: Connection) -> bool:
    """Whether anybody has an account here yet."""
    return connection.execute(sa.select(user.c.id).limit(1)).first() is not None


def password_hash_of(connection: Connection, user_id: int) -> str:
    """What the user's password is compared with."""
    return str(
        connection.execute(
            sa.select(user.c.password_hash).where(user.c.id == user_id)
        ).scalar_one()
    )


def update_profile(connection: Connection, user_id: int, *, name: str, locale: str) -> None:
    """Change a user's own name and language."""
    if problems := [*name_problems(name), *locale_problems(locale)]:
        raise Invalid(problems)
    connection.execute(
        user.update().where(user.c.id == user_id).values(name=name.strip(), locale=locale)
    )


def set_password(
    connection: Connection, account: User, password: str, *, now: datetime, keep: str = ""
) -> None:
    """Change a password; all sessions but ``keep`` (a visit hash) and all password links end."""
    if problems := passwords.password_problems(password, account.email):
        raise Invalid(problems)
    connection.execute(
        user.update()
        .where(user.c.id == account.id)
        .values(password_hash=passwords.hash_password(password), password_at=now)
    )
    connection.execute(
        session.delete().where(session.c.user_id == account.id, session.c.visit_hash != keep)
    )
    connection.execute(sign_in_step.delete().where(sign_in_step.c.user_id == account.id))
    trail.note(connection, "password-changed", account.id, now=now)
    connection.execute(password_link.delete().where(password_link.c.user_id == account.id))


def strengthen(connection: Connection, user_id: int, known: str, fresh: str) -> None:
    """Keep the same password under a dearer hash, unless it was changed meanwhile."""
    connection.execute(
        user.update()
        .where(user.c.id == user_id, user.c.password_hash == known)
        .values(password_hash=fresh)
    )


def join(connection: Connection, user_id: int, workspace_id: int) -> None:
    """Remember that this user has a member row in this workspace; twice is harmless."""
    known = sa.select(membership.c.user_id).where(
        membership.c.user_id == user_id, membership.c.workspace_id == workspace_id
    )
    if connection.execute(known).first() is None:
        connection.execute(membership.insert().values(user_id=user_id, workspace_id=workspace_id))


def workspaces_of(connection: Connection, user_id: int) -> list[Workspace]:
    """The workspaces in which this user has a member row, oldest first, also those at rest."""
    statement = (
        workspace.select()
        .join(membership, membership.c.workspace_id == workspace.c.id)
        .where(membership.c.user_id == user_id, workspace.c.deleted_at.is_(None))
        .order_by(workspace.c.id)
    )
    return [as_workspace(row) for row in connection.execute(statement)]


def as_user(row: Row[Any]) -> User:
    """A row of the user table as its value."""
    return User(row.id, row.email, row.name, row.locale, row.admin, row.active)


def normal_email(email: str) -> str:
    """One spelling per address."""
    return email.strip().casefold()


def email_problems(email: str) -> list[Problem]:
    """What is wrong with an address."""
    if not email.strip():
        return [Problem("email", "required")]
    return [] if _EMAIL.match(normal_email(email)) else [Problem("email", "bad-email")]


def name_problems(name: str, path: str = "name") -> list[Problem]:
    """What is wrong with a name."""
    if not name.strip():
        return [Problem(path, "required")]
    if len(name) > NAME_LENGTH:
        return [Problem(path, "too-long", {"n": len(name), "limit": NAME_LENGTH})]
    return [] if name.isprintable() else [Problem(path, "bad-characters")]


def locale_problems(locale: str) -> list[Problem]:
    """What is wrong with a language."""
    return [] if locale in LOCALES else [Problem("locale", "unknown-locale", {"value": locale})]
