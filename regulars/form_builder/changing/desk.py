"""Changes of live forms in the running product: what a doorbell answers, what the ticker does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from regulars.form_builder.changing import archiving, ghosts, working
from regulars.form_builder.changing.retypes import JOB
from regulars.form_builder.changing.tables import form_retype
from regulars.platform.db import Database, Workspace
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces

LONGEST = 6 * 3600  # seconds one answer may take


class ChangeDesk:
    """Every workspace's changes of type and columns to be dropped in one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def job(self) -> JobKind:
        """What a worker may be asked to do."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (
            Tick("changes of type", lambda _now: self.answer(), job=JOB, is_due=self.is_due),
            Tick("columns to drop", self.drop, is_due=self.is_untidy),
        )

    def answer(self) -> None:
        """Take up whatever waits."""
        for workspace in self._workspaces():
            working.run_due(self.database, workspace)

    def is_due(self, now: datetime) -> bool:
        """Whether a change waits anywhere, or was left by whoever worked on it."""
        due = sa.select(sa.func.min(form_retype.c.due_at))
        return any(self._is_past(workspace, due, now) for workspace in self._workspaces())

    def drop(self, now: datetime) -> None:
        """Drop columns that have waited long enough, each in a transaction of its own."""
        for workspace in self._workspaces():
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                numbers = ghosts.due_ghosts(uow)
            for number in numbers:
                with self.database.workspace_tx(workspace, now=now) as uow:
                    ghosts.drop(uow, number)

    def is_untidy(self, now: datetime) -> bool:
        """Whether a column waits to be dropped."""
        for workspace in self._workspaces():
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                if archiving.may_drop_something(uow):
                    return True
        return False

    def _is_past(
        self, workspace: Workspace, question: sa.Select[tuple[datetime]], now: datetime
    ) -> bool:
        with self.database.workspace_tx(workspace, write=False) as uow:
            due = uow.scalar(question)
        return due is not None and due <= now

    def _workspaces(self) -> Iterator[Workspace]:
        yield from list_workspaces(self.database)
