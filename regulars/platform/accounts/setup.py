"""First run: whoever reads the console becomes the owner, and only one of them.

The code is printed by the process that starts the product; its hash lies in the main store.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from regulars.platform import ids
from regulars.platform.accounts import members, users
from regulars.platform.accounts.tables import setup
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem, under
from regulars.platform.web.visit import fingerprint
from regulars.platform.workspaces import check_settings, create_workspace, free_key

_ROW = 1
_CODE_LENGTH = 10


@dataclass(frozen=True)
class FirstRun:
    """What the set-up page asks for. ``settings`` are those of `Workspace`."""

    code: str
    owner: NewUser
    shop_key: str
    shop_name: str
    settings: dict[str, Any]


def issue_code(database: Database) -> str | None:
    """A fresh one-time code to print on the console; None when the product is set up."""
    with database.main_tx() as connection:
        if users.has_users(connection):
            return None
        code = ids.new_code(_CODE_LENGTH)
        connection.execute(setup.delete().where(setup.c.id == _ROW))
        connection.execute(setup.insert().values(id=_ROW, code_hash=fingerprint(code)))
    return code


def is_open(database: Database) -> bool:
    """Whether nobody has set the product up yet."""
    with database.main_tx(write=False) as connection:
        return not users.has_users(connection)


def set_up(database: Database, wish: FirstRun, *, now: datetime) -> tuple[User, Workspace]:
    """Make the owner and the first workspace; NotFound once done, Invalid for a wrong code."""
    place = Workspace(0, wish.shop_key, wish.shop_name, **wish.settings)
    problems = [*wish.owner.problems(), *under("shop", check_settings(place))]
    if problems:
        raise Invalid(problems)
    with database.main_tx() as connection:
        if users.has_users(connection):
            raise NotFound()
        _use_code(connection, wish.code, now)
        owner = users.create_user(connection, wish.owner, now=now, admin=True)
    place = replace(place, key=free_key(database, place.key))
    return owner, open_shop(database, owner, place, now=now)


def open_shop(
    database: Database, owner: User | None, place: Workspace, *, now: datetime
) -> Workspace:
    """A new workspace with its first member, the owner, where there is one already."""
    made = create_workspace(
        database,
        place.key,
        place.name,
        zone=place.zone,
        currency=place.currency,
        locale=place.locale,
        week_start=place.week_start,
        leap_day=place.leap_day,
    )
    if owner is None:
        return made
    with database.workspace_tx(made, now=now) as uow:
        members.add_member(uow, owner, "owner")
    with database.main_tx() as connection:
        users.join(connection, owner.id, made.id)
    return made


def _use_code(connection: Connection, code: str, now: datetime) -> None:
    """The row changes once: of many who know the code, one gets in."""
    used = connection.execute(
        setup.update()
        .where(
            setup.c.id == _ROW,
            setup.c.used_at.is_(None),
            setup.c.code_hash == fingerprint(code.strip().upper()),
        )
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise Invalid([Problem("code", "wrong-setup-code")])
