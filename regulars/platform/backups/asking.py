"""What an owner may ask for about the backups of their workspace; the desk does it afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO, Any

from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.backups import records
from regulars.platform.backups.checking import check_sums
from regulars.platform.backups.plans import MOST_DAYS, MOST_WEEKS, Plan
from regulars.platform.backups.records import Backup, Wish
from regulars.platform.backups.service import look_into
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem

JOB = "backups"
CAPABILITY = "manage_backups"
LARGEST_UPLOAD = 2 * 1024**3  # bytes


def list_backups(uow: UnitOfWork, access: Access) -> list[Backup]:
    """The backups of this workspace, the newest first."""
    access.require(CAPABILITY)
    with uow.database.main_tx(write=False) as connection:
        return records.of_workspace(connection, uow.workspace.id)


def get_backup(uow: UnitOfWork, access: Access, backup_id: int) -> Backup:
    """One of this workspace's backups; NotFound for any other's."""
    known = list_backups(uow, access)
    found = next((each for each in known if each.id == backup_id), None)
    if found is None:
        raise NotFound()
    return found


def ask_backup(uow: UnitOfWork, access: Access) -> Backup:
    """Have one made now; the one under way, when there is one."""
    return _ask(uow, access, "manual", None)


def ask_restore(
    uow: UnitOfWork, access: Access, backup_id: int, confirm: str, keeper: int | None = None
) -> Backup:
    """Bring a backup back over this workspace, after another one of what is here now."""
    chosen = get_backup(uow, access, backup_id)
    if chosen.state != "good":
        raise Conflict("backup-not-good")
    _require_confirmed(uow, confirm)
    return _ask(uow, access, "before", {"do": "restore", "backup": chosen.id, "keeper": keeper})


def ask_deletion(uow: UnitOfWork, access: Access, confirm: str) -> Backup:
    """Delete this workspace once a last backup of it is good."""
    access.require("manage_workspace")
    _require_confirmed(uow, confirm)
    return _ask(uow, access, "last", {"do": "delete"})


def take_in(uow: UnitOfWork, access: Access, folder: Path, file: IO[bytes]) -> Backup:
    """Put a backup file from outside on the list, once it is known to be a whole one."""
    access.require(CAPABILITY)
    with uow.database.main_tx() as connection:
        wish = Wish(uow.workspace.id, "taken", access.actor)
        made = records.ask(connection, wish, now=uow.now, state="taken")
    taken = get_backup(uow, access, made or 0)
    path = folder / taken.file
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("wb") as target:
            path.chmod(0o600)
            shutil.copyfileobj(file, target, 1 << 20)
        look_into(path).only_store()
        check_sums(path)
    except BaseException:
        path.unlink(missing_ok=True)
        with uow.database.main_tx() as connection:
            records.forget(connection, {taken.id})
        raise
    with uow.database.main_tx() as connection:
        records.settle_taken(connection, taken, path.stat().st_size, now=uow.now)
    return get_backup(uow, access, taken.id)


def change_plan(uow: UnitOfWork, access: Access, wanted: Plan) -> Plan:
    """How often, and how long they are kept; all mistakes together."""
    access.require(CAPABILITY)
    limits = (("hour", 0, 23), ("keep_days", 1, MOST_DAYS), ("keep_weeks", 0, MOST_WEEKS))
    problems = [
        Problem(name, "out-of-range", {"least": least, "most": most})
        for name, least, most in limits
        if not least <= getattr(wanted, name) <= most
    ]
    if problems:
        raise Invalid(problems)
    with uow.database.main_tx() as connection:
        records.set_plan(connection, uow.workspace.id, wanted)
    return wanted


def _ask(uow: UnitOfWork, access: Access, kind: str, then: dict[str, Any] | None) -> Backup:
    access.require(CAPABILITY)
    under_way = [each for each in list_backups(uow, access) if each.is_under_way]
    if under_way and then is None:
        return under_way[0]
    if any(each.then for each in under_way):
        raise Conflict("backup-under-way")
    with uow.database.main_tx() as connection:
        wish = Wish(uow.workspace.id, kind, access.actor, then=then)
        made = records.ask(connection, wish, now=uow.now)
    uow.after_commit(jobs.ringer(JOB))
    return get_backup(uow, access, made or 0)


def _require_confirmed(uow: UnitOfWork, confirm: str) -> None:
    """Typed by hand: the name of the workspace, or its key."""
    if confirm.strip() not in (uow.workspace.name, uow.workspace.key):
        name = uow.workspace.name
        raise Invalid([Problem("confirm", "confirm-name", {"name": name})])
