"""When indexes are looked after: once after each publishing, and every night."""

from __future__ import annotations

from datetime import datetime, timedelta

from regulars.form_builder.indexing import making
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.store_notes import read_note, write_note
from regulars.platform.workspaces import list_workspaces

JOB = "indexes"
LONGEST = 3600  # seconds
_NOTE = "indexes"
_AGAIN = timedelta(hours=6)


class IndexDesk:
    """Looks after the indexes of every workspace of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def is_due(self, now: datetime) -> bool:
        """Whether definitions changed since the last look, or the last look is long ago."""
        return any(self._is_due(each, now) for each in list_workspaces(self.database))

    def answer(self) -> None:
        """Bring the indexes of each workspace that is due to what is wanted now."""
        for workspace in list_workspaces(self.database):
            now = self.database.clock()
            if self._is_due(workspace, now):
                look_after(self.database, workspace, now)

    def _is_due(self, workspace: Workspace, now: datetime) -> bool:
        with self.database.workspace_tx(workspace, write=False, now=now) as uow:
            known = read_note(uow.connection, _NOTE)
            if known is None or known["number"] != snapshot(uow).number:
                return True
            return now - datetime.fromisoformat(known["at"]) > _AGAIN


def look_after(database: Database, workspace: Workspace, now: datetime) -> list[str]:
    """Make what is wanted and drop what is not; the names of what has to be tried again."""
    making.drop_broken(database, workspace)
    with database.workspace_tx(workspace, write=False, now=now) as uow:
        number, wanted = snapshot(uow).number, making.plan(uow)
    failed = making.carry_out(database, workspace, wanted)
    with database.workspace_tx(workspace, now=now) as uow:
        note = {"number": number, "at": now.isoformat(), "failed": failed}
        write_note(uow.connection, _NOTE, note, now=now)
    return failed


def make_due(database: Database, workspace: Workspace, now: datetime) -> None:
    """Let the next tick look after the indexes, whatever was published meanwhile."""
    with database.workspace_tx(workspace, now=now) as uow:
        note = {"number": -1, "at": now.isoformat(), "failed": last_failed(uow)}
        write_note(uow.connection, _NOTE, note, now=now)


def last_failed(uow: UnitOfWork) -> list[str]:
    """The names of indexes that could not be made at the last look."""
    known = read_note(uow.connection, _NOTE)
    return list(known["failed"]) if known is not None else []
