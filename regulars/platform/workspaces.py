"""The list of businesses this installation serves, kept in the main store.

A deleted workspace leaves its row behind, without a name: its number must never be given to
another one, because other processes may still hold connections to the store of that number.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime
from itertools import chain, count
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from regulars.platform import columns
from regulars.platform.db import Database, Workspace, main_metadata
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.expressions.times import LEAP_DAYS
from regulars.platform.i18n import LOCALES
from regulars.platform.problems import Problem

_KEY_ROOM = 27  # of 31, for the number behind it
KEY = re.compile(r"^[a-z][a-z0-9-]{0,30}$")

workspace = sa.Table(
    "workspace",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("key", columns.Text, nullable=False, unique=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("zone", columns.Text, nullable=False),
    sa.Column("currency", columns.Text, nullable=False),
    sa.Column("locale", columns.Text, nullable=False),
    sa.Column("week_start", columns.BigInt, nullable=False),
    sa.Column("leap_day", columns.Text, nullable=False, server_default="before"),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("archived_at", columns.Instant),
    sa.Column("deleted_at", columns.Instant),
    sqlite_strict=True,
)

WORKSPACE_FIELDS = [workspace.c[each.name] for each in fields(Workspace)]
_SETTINGS = ("name", "zone", "currency", "locale", "week_start", "leap_day")


def create_workspace(database: Database, key: str, name: str, **settings: Any) -> Workspace:
    """Make a workspace with its own empty store; settings as in `Workspace`."""
    fresh = Workspace(id=0, key=key, name=name, **settings)
    problems = check_settings(fresh)
    if problems:
        raise Invalid(problems)
    values = {name: getattr(fresh, name) for name in ("key", *_SETTINGS)}
    with database.main_tx() as connection:
        if _row_of(connection, key) is not None:
            raise Conflict("workspace-exists", key=key)
        connection.execute(workspace.insert().values(created_at=database.clock(), **values))
    created = get_workspace(database, key)
    database.create_stores(created)
    return created


def check_settings(wanted: Workspace) -> list[Problem]:
    """Every problem with a workspace's name, zone, currency, language, week start, leap day."""
    problems = []
    if not KEY.match(wanted.key):
        problems.append(Problem("key", "bad-workspace-key"))
    if not wanted.name.strip():
        problems.append(Problem("name", "required"))
    if wanted.zone not in available_timezones():
        problems.append(Problem("zone", "unknown-zone", {"value": wanted.zone}))
    else:
        ZoneInfo(wanted.zone)
    if not re.match(r"^[A-Z]{3}$", wanted.currency):
        problems.append(Problem("currency", "unknown-currency", {"value": wanted.currency}))
    if wanted.locale not in LOCALES:
        problems.append(Problem("locale", "unknown-locale", {"value": wanted.locale}))
    if wanted.week_start not in range(7):
        problems.append(Problem("week_start", "bad-week-start"))
    if wanted.leap_day not in LEAP_DAYS:
        problems.append(Problem("leap_day", "bad-leap-day"))
    return problems


def update_workspace(database: Database, wanted: Workspace) -> Workspace:
    """Store changed settings of an existing workspace."""
    problems = check_settings(wanted)
    if problems:
        raise Invalid(problems)
    with database.main_tx() as connection:
        connection.execute(
            workspace.update()
            .where(workspace.c.id == wanted.id)
            .values({name: getattr(wanted, name) for name in _SETTINGS})
        )
    return wanted


def get_workspace(database: Database, key: str) -> Workspace:
    """The workspace with this key; NotFound otherwise."""
    with database.main_tx(write=False) as connection:
        row = _row_of(connection, key)
    if row is None or row.deleted_at is not None:
        raise NotFound("no-workspace", key=key)
    return as_workspace(row)


def list_workspaces(database: Database, *, archived: bool = False) -> list[Workspace]:
    """Every workspace in use, oldest first; with ``archived`` those at rest, too."""
    statement = workspace.select().where(workspace.c.deleted_at.is_(None)).order_by(workspace.c.id)
    if not archived:
        statement = statement.where(workspace.c.archived_at.is_(None))
    with database.main_tx(write=False) as connection:
        return [as_workspace(row) for row in connection.execute(statement)]


def free_key(database: Database, wanted: str) -> str:
    """``wanted``, or with the first number behind it that no workspace has yet."""
    taken = keys_in_use(database)
    numbered = (f"{wanted[:_KEY_ROOM]}-{number}" for number in count(2))
    return next(key for key in chain([wanted], numbered) if key not in taken)


def keys_in_use(database: Database) -> set[str]:
    """The key of every workspace, archived ones too."""
    with database.main_tx(write=False) as connection:
        return set(connection.execute(sa.select(workspace.c.key)).scalars())


def archive_workspace(database: Database, place: Workspace, *, now: datetime) -> Workspace:
    """Put a workspace to rest: nothing runs, nothing changes, its owners may still read."""
    if place.archived_at is not None:
        raise Conflict("workspace-archived", name=place.name)
    return _set_archived(database, place, now)


def reopen_workspace(database: Database, place: Workspace) -> Workspace:
    """Take a workspace back into use; what came due meanwhile is looked after now."""
    if place.archived_at is None:
        raise Conflict("workspace-not-archived", name=place.name)
    return _set_archived(database, place, None)


def bury(connection: Connection, place: Workspace, *, now: datetime) -> None:
    """Take a workspace off the list for good; its key is free, its number never is."""
    connection.execute(
        workspace.update()
        .where(workspace.c.id == place.id)
        .values(key=f"{place.key}~{place.id}", name="", deleted_at=now)
    )


def as_workspace(row: Row[Any]) -> Workspace:
    """A row of the workspace table as its value."""
    settings = {name: getattr(row, name) for name in _SETTINGS}
    return Workspace(row.id, row.key, **settings, archived_at=row.archived_at)


def _set_archived(database: Database, place: Workspace, at: datetime | None) -> Workspace:
    with database.main_tx() as connection:
        connection.execute(
            workspace.update().where(workspace.c.id == place.id).values(archived_at=at)
        )
    return replace(place, archived_at=at)


def _row_of(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(workspace.select().where(workspace.c.key == key)).first()
