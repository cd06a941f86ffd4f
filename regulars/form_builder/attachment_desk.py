"""Once a day: files that no record holds any more are let go, and a day later deleted."""

from __future__ import annotations

from datetime import date, datetime

from regulars.form_builder.attachments import let_go_of_lost
from regulars.platform.blobs import service
from regulars.platform.db import Database
from regulars.platform.workspaces import list_workspaces


class AttachmentDesk:
    """Every workspace's files in one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._done: date | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether this process has not looked today."""
        return self._done != now.date()

    def collect(self, now: datetime) -> None:
        """Look through every workspace."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, now=now) as uow:
                let_go_of_lost(uow)
                service.collect(uow)
        self._done = now.date()
