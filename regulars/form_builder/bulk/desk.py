"""Large bulk edits in the running product: what a doorbell answers and the ticker looks after."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from regulars.form_builder.bulk.keeping import JOB, BulkEdit, bulk_of, forget
from regulars.form_builder.bulk.steps import AFTER, take_step
from regulars.form_builder.bulk.tables import bulk_edit
from regulars.form_builder.importing.actors import access_now
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import RegularsError
from regulars.platform.faultpoint import faultpoint
from regulars.platform.retrying import in_transaction
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces

LONGEST = 6 * 3600  # seconds one answer may take
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
MOST_TRIES = 5
BREATH_SECONDS = 0.01  # between steps: on SQLite a till that waits for the lock gets it then

log = logging.getLogger(__name__)
_kept = bulk_edit.c


class Lost(Exception):
    """Somebody else has taken it up."""


class BulkDesk:
    """Every workspace's bulk edits in one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def job(self) -> JobKind:
        """What a worker may be asked to do."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (
            Tick("bulk edits", lambda _now: self.answer(), job=JOB, is_due=self.is_due),
            Tick("old bulk edits", self.tidy, is_due=self.is_untidy),
        )

    def answer(self) -> None:
        """Take up whatever waits."""
        for workspace in list_workspaces(self.database):
            while run_next(self.database, workspace):
                pass

    def is_due(self, now: datetime) -> bool:
        """Whether one waits anywhere, or was left by whoever worked on it."""
        return self._any(_kept.due_at <= now, now)

    def is_untidy(self, now: datetime) -> bool:
        """Whether one is so old that it cannot be taken back any more."""
        return self._any(_kept.created_at < now - KEPT, now)

    def tidy(self, now: datetime) -> None:
        """Let go of those; what they changed stays, and stays in the history."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, now=now) as uow:
                old = sa.select(_kept.id).where(_kept.created_at < now - KEPT)
                forget(uow, list(uow.execute(old).scalars()))

    def _any(self, condition: sa.ColumnElement[bool], now: datetime) -> bool:
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                if uow.execute(sa.select(_kept.id).where(condition).limit(1)).first() is not None:
                    return True
        return False


def run_next(database: Database, workspace: Workspace) -> bool:
    """Work on the next one that is due until it rests; False when none is."""
    taken = claim(database, workspace)
    if taken is None:
        return False
    bulk, token = taken
    try:
        while take_turn(database, workspace, bulk, token):
            faultpoint("bulk-after-step")
            time.sleep(BREATH_SECONDS)
    except Lost:
        log.info("Bulk edit %s goes on elsewhere.", bulk.id)
    except RegularsError as error:
        told = {"code": error.code, "params": error.params}
        with database.workspace_tx(workspace) as uow:
            _hold(uow, bulk, token, state="stopped", error=told, due_at=None)
    return True


def claim(database: Database, workspace: Workspace) -> tuple[BulkEdit, int] | None:
    """Take up the first one that is due; None when none is, or somebody was faster."""
    with database.workspace_tx(workspace) as uow:
        due = (_kept.due_at <= uow.now, _kept.state.in_(tuple(AFTER)))
        number = uow.scalar(sa.select(sa.func.min(_kept.id)).where(*due))
        if number is None:
            return None
        mine = bulk_edit.update().where(_kept.id == number, *due)
        taken = uow.execute(
            mine.values(due_at=uow.now + LEASE, token=_kept.token + 1, tries=_kept.tries + 1)
        )
        if taken.rowcount != 1:
            return None
        row = uow.execute(bulk_edit.select().where(_kept.id == number)).one()
        if row.tries > MOST_TRIES:
            error = {"code": "bulk-keeps-failing", "params": {}}
            _hold(uow, bulk_of(row), row.token, state="stopped", error=error, due_at=None)
            return None
        return bulk_of(row), row.token


def take_turn(database: Database, workspace: Workspace, bulk: BulkEdit, token: int) -> bool:
    """Some records in a transaction of their own; False once there are none left."""

    def work(uow: UnitOfWork) -> bool:
        _hold(uow, bulk, token, due_at=uow.now + LEASE)
        # asked again before each step: whoever was let go changes nothing more
        if take_step(uow, access_now(uow, bulk.actor), bulk):
            _hold(uow, bulk, token, tries=0)
            return True
        _hold(uow, bulk, token, state=AFTER[bulk.state], due_at=None, finished_at=uow.now)
        return False

    return in_transaction(database, workspace, work)


def _hold(uow: UnitOfWork, bulk: BulkEdit, token: int, **values: object) -> None:
    mine = bulk_edit.update().where(_kept.id == bulk.id, _kept.token == token)
    if uow.execute(mine.values(**values)).rowcount != 1:
        raise Lost
