"""Members of a restored workspace and the users of this installation, matched by address."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform.accounts import users
from regulars.platform.accounts.tables import member
from regulars.platform.accounts.users import NewUser
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid


def settle(
    uow: UnitOfWork, known: Iterable[Mapping[str, Any]], newcomers: bool, keeper: int | None
) -> None:
    """Point each member at the user with their address here.

    Who has no account gets one without a usable password when ``newcomers`` are welcome, and is
    otherwise no longer an active member. ``keeper`` stays an owner.
    """
    uow.execute(member.update().values(user_id=-member.c.id))  # the numbers may cross over
    with uow.database.main_tx() as connection:
        for each in known:
            user_id = _user_of(connection, uow, each, newcomers)
            chosen = member.c.id == int(each["member"])
            if user_id is None:
                uow.execute(member.update().where(chosen).values(active=False))
                continue
            uow.execute(member.update().where(chosen).values(user_id=user_id))
            users.join(connection, user_id, uow.workspace.id)
    if keeper is not None:
        _keep_owner(uow, keeper)


def _user_of(
    connection: Connection, uow: UnitOfWork, each: Mapping[str, Any], newcomers: bool
) -> int | None:
    found = users.find_user(connection, str(each["email"]))
    if found is not None:
        return found.id
    if not newcomers:
        return None
    unusable = secrets.token_urlsafe(32)
    wish = NewUser(str(each["email"]), str(each["name"]), unusable, uow.workspace.locale)
    try:
        return users.create_user(connection, wish, now=uow.now).id
    except Invalid:
        return None  # an address that nobody could sign in with


def _keep_owner(uow: UnitOfWork, user_id: int) -> None:
    """Whoever restores must be able to look at what came back."""
    done = uow.execute(
        member.update().where(member.c.user_id == user_id).values(role="owner", active=True)
    )
    if done.rowcount:
        return
    with uow.database.main_tx(write=False) as connection:
        who = users.get_user(connection, user_id)
        locale = who.locale
    uow.execute(
        sa.insert(member).values(
            user_id=user_id, name=who.name, email=who.email, role="owner", unit_ids=[],
            locale=locale, active=True, created_at=uow.now,
        )
    )  # fmt: skip
