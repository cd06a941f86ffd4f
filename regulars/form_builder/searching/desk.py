"""When the search index is looked after: a minute after there is enough to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.form_builder.searching import keeping
from regulars.platform.db import Database
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces

JOB = "searching"
LONGEST = 3600  # seconds
EVERY = timedelta(minutes=1)


class SearchDesk:
    """The search indexes of every workspace of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._looked: datetime | None = None

    def job(self) -> JobKind:
        """What a worker may be asked to do."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("search index", lambda _now: self.answer(), job=JOB, is_due=self.is_due),)

    def is_due(self, now: datetime) -> bool:
        """Whether something is to be done anywhere; looked at once a minute."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return False
        self._looked = now
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                if keeping.is_due(uow):
                    return True
        return False

    def answer(self) -> None:
        """One round over every workspace."""
        for workspace in list_workspaces(self.database):
            keeping.keep(self.database, workspace, self.database.clock())
