"""Imports in the running product: what a doorbell answers, what the ticker looks after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from regulars.form_builder.importing import files, leases, running
from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import list_workspaces

LONGEST = 6 * 3600  # seconds one answer may take


class ImportDesk:
    """Every workspace's imports in one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._tidied: date | None = None

    def answer(self) -> None:
        """Take up whatever waits."""
        for workspace in self._workspaces():
            running.run_due(self.database, workspace)

    def is_due(self, now: datetime) -> bool:
        """Whether a batch waits anywhere, or was left by whoever worked on it."""
        return any(self._waits(workspace, now) for workspace in self._workspaces())

    def tidy(self, now: datetime) -> None:
        """Once a day let go of uploaded files that nobody needs any more."""
        for workspace in self._workspaces():
            with self.database.workspace_tx(workspace, now=now) as uow:
                files.forget_old_files(uow)
        self._tidied = now.date()

    def is_untidy(self, now: datetime) -> bool:
        """Whether today has not been tidied by this process."""
        return self._tidied != now.date()

    def _waits(self, workspace: Workspace, now: datetime) -> bool:
        with self.database.workspace_tx(workspace, write=False) as uow:
            due = leases.next_due(uow)
        return due is not None and due <= now

    def _workspaces(self) -> Iterator[Workspace]:
        yield from list_workspaces(self.database)
