"""Taking a workspace away for good: its store, its keys, its place in people's lists."""

from __future__ import annotations

from datetime import datetime

from regulars.platform.accounts.tables import api_token, invitation, membership
from regulars.platform.backups.tables import backup_plan
from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import bury


def drop_workspace(database: Database, place: Workspace, *, now: datetime) -> None:
    """Remove everything a workspace holds; whoever calls has made and checked a last backup.

    It leaves the list first, so that whatever runs finds either all of it or nothing.
    """
    with database.main_tx() as connection:
        bury(connection, place, now=now)
        for table in (membership, api_token, invitation, backup_plan):
            connection.execute(table.delete().where(table.c.workspace_id == place.id))
    database.drop_store(place)
