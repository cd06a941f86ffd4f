"""Rows that are kept for a while and then forgotten, in every workspace."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import list_workspaces


class AgingRows:
    """The rows of a table that are older than ``kept``, by their column ``at``."""

    def __init__(self, database: Database, table: sa.Table, kept: timedelta) -> None:
        self._database, self._table, self._kept = database, table, kept

    def forget(self, now: datetime) -> None:
        """Remove what is too old."""
        for place in list_workspaces(self._database):
            with self._database.workspace_tx(place, now=now) as uow:
                uow.execute(self._table.delete().where(self._table.c.at < now - self._kept))

    def is_due(self, now: datetime) -> bool:
        """Whether there is something to remove."""
        return any(self._has_old(place, now) for place in list_workspaces(self._database))

    def _has_old(self, place: Workspace, now: datetime) -> bool:
        old = sa.select(sa.literal(1)).select_from(self._table)
        old = old.where(self._table.c.at < now - self._kept).limit(1)
        with self._database.workspace_tx(place, write=False, now=now) as uow:
            return uow.execute(old).first() is not None
