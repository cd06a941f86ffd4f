"""Since when work of the rules has been waiting: what monitoring asks."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.events import event
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.book import is_active
from regulars.rule_engine.channels.base import all_channels
from regulars.rule_engine.leases import is_due, read_database_clock
from regulars.rule_engine.tables import WAITING, fire, outbound, run

_EVER = sa.literal(datetime(1970, 1, 1, tzinfo=UTC), columns.Instant())


def messages_under_way() -> sa.ColumnElement[bool]:
    """What has not left and is not given up; said so that its own index finds it."""
    return sa.and_(WAITING, outbound.c.channel > "")


def messages_that_may_leave() -> sa.ColumnElement[bool]:
    """The same on the channels that somebody serves; with a time, its own index finds it."""
    return sa.and_(WAITING, outbound.c.channel.in_(all_channels()))


def runs_under_way() -> sa.ColumnElement[bool]:
    """What is not over; said so that its own index finds it."""
    return sa.and_(run.c.status == "live", run.c.due_at > _EVER)


def oldest_due(uow: UnitOfWork) -> datetime | None:
    """When the oldest work that may be done now fell due; None when nothing waits."""
    if uow.workspace.archived_at is not None or find_hold(uow) is not None:
        return None
    clock = read_database_clock(uow)
    since = [uow.scalar(sa.select(sa.func.min(event.c.at)).where(event.c.processed_at.is_(None)))]
    for table, waiting in (
        (fire, fire.c.state == "due"),
        (run, run.c.status == "live"),
        (outbound, messages_that_may_leave()),
    ):
        due = sa.and_(waiting, is_due(uow, table, clock), is_active(table.c.rule))
        since.append(uow.scalar(sa.select(sa.func.min(table.c.due_at)).where(due)))
    return min((each for each in since if each is not None), default=None)


def oldest_due_seconds(database: Database) -> float | None:
    """How long the oldest work in any workspace has been waiting, in seconds; None for none."""
    now, found = database.clock(), []
    for workspace in list_workspaces(database):
        with database.workspace_tx(workspace, write=False, now=now) as uow:
            found.append(oldest_due(uow))
    oldest = min((each for each in found if each is not None), default=None)
    return None if oldest is None else max(0.0, (now - oldest).total_seconds())
