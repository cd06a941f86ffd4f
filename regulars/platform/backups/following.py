"""What follows a backup once it is good: the restore or the deletion it was made for."""

from __future__ import annotations

from pathlib import Path

from regulars.platform.backups import records
from regulars.platform.backups.deleting import drop_workspace
from regulars.platform.backups.records import Backup
from regulars.platform.backups.restoring import Restoring
from regulars.platform.backups.service import look_into, restore_over
from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import list_workspaces


def follow(database: Database, folder: Path, made: Backup) -> None:
    """Do what stands in ``then``: ``{"do": "restore", "backup": id, "keeper": user}`` or
    ``{"do": "delete"}``. Doing it a second time changes nothing more.
    """
    then = made.then or {}
    places = list_workspaces(database, archived=True)
    place = next((each for each in places if each.id == made.workspace_id), None)
    if place is None:
        return
    if then["do"] == "delete":
        drop_workspace(database, place, now=database.clock())
    else:
        _restore(database, folder, place, then["backup"], then.get("keeper"))


def _restore(
    database: Database, folder: Path, place: Workspace, backup_id: int, keeper: int | None
) -> None:
    with database.main_tx(write=False) as connection:
        chosen = records.get(connection, backup_id)
    offer = look_into(folder / chosen.file)
    job = Restoring(database, offer.path, database.clock(), _silent, keeper=keeper)
    restore_over(offer, place, job)


def _silent(_done: int, _total: int) -> None:
    """The page shows that it is under way; how far does not matter to it."""
