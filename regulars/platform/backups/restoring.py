"""A backup back into a store: in one transaction, so that others see the old state or the new.

The store's tables are dropped and filled anew inside it; a process that dies leaves everything as
it was. The brake is on from the first moment (`hold`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from regulars.platform import migrations
from regulars.platform.backups import people
from regulars.platform.backups.archive import BadArchive, Member, read_manifest
from regulars.platform.backups.checking import check_sums, fill_from, line_of, parts_of
from regulars.platform.backups.dumping import Progress
from regulars.platform.backups.filling import empty_store
from regulars.platform.backups.hooks import Came, after_restore
from regulars.platform.backups.making import blob_folder
from regulars.platform.backups.tables import backup
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import definitions_number, set_definitions_number
from regulars.platform.faultpoint import faultpoint
from regulars.platform.hold import place_hold
from regulars.platform.privacy import outliving
from regulars.platform.privacy.erasure_log import erasure

RESTORED = "restored"


@dataclass(frozen=True)
class Restoring:
    """How a restore is done.

    ``members``: ``match`` finds them by address, ``create`` also makes accounts for unknown ones,
    ``keep`` takes them as they are, because the accounts come from the same archive.
    ``keeper`` is the user who stays an owner, whatever the backup says.
    """

    database: Database
    path: Path
    now: datetime
    progress: Progress
    members: Literal["match", "create", "keep"] = "match"
    keeper: int | None = None


def restore_workspaces(job: Restoring, targets: Mapping[str, Workspace]) -> int:
    """Fill each target from the store of that name in the archive; how many rows.

    What the archive holds beside them is left alone.
    """
    check_sums(job.path)
    made_at = datetime.fromisoformat(read_manifest(job.path)["made_at"])
    total, found = 0, set[str]()
    for (kind, store), members in parts_of(job.path):
        if store not in targets:
            continue
        if kind == "store":
            _inherit_erasures(job.database, store, targets[store])
            total += _restore_one(job, targets[store], _counted(members, job.progress), made_at)
            found.add(store)
        elif kind == "blobs":
            _restore_blobs(blob_folder(job.database, targets[store]), members)
    if found != set(targets):
        raise BadArchive("backup-without-workspace")
    return total


def restore_accounts(job: Restoring) -> None:
    """Replace the people, their keys and the list of workspaces; everybody signs in anew."""
    for (kind, store), members in parts_of(job.path):
        if (kind, store) == ("store", "main"):
            with job.database.main_tx() as connection:
                job.database.lock_store(connection, "main")
                known = [dict(row._mapping) for row in connection.execute(backup.select())]
                outlives = outliving.keep(connection)
                empty_store(connection)
                fill_from(connection, "main", members)
                migrations.upgrade(connection, "main")
                outliving.put_back(connection, outlives)
                if known:
                    connection.execute(backup.insert(), known)
            return
    raise BadArchive("backup-without-accounts")


def go_back(job: Restoring) -> list[str]:
    """Every store of the archive as it was, at its old revision; the main store comes last."""
    check_sums(job.path)
    main_first = [store for (kind, store), _ in parts_of(job.path) if kind == "store"]
    for wanted in sorted(main_first, key=lambda store: store == "main"):
        for (kind, store), members in parts_of(job.path):
            if (kind, store) == ("store", wanted):
                with job.database.store_tx(store) as connection:
                    job.database.lock_store(connection, store)
                    empty_store(connection)
                    fill_from(connection, line_of(store), members)
    return main_first


def _inherit_erasures(database: Database, store: str, place: Workspace) -> None:
    """Whoever was erased from the workspace this comes from must not return in its copy.

    A line only applies to records that were made at the instants it names.
    """
    number = store.removeprefix("w_")
    if store == place.store or not number.isdecimal():
        return
    with database.main_tx() as connection:
        origin = erasure.select().where(erasure.c.workspace_id == int(number))
        for row in connection.execute(origin).all():
            values = {**row._mapping, "workspace_id": place.id, "done_at": None}
            del values["id"]
            connection.execute(erasure.insert().values(**values))


def _restore_one(
    job: Restoring, place: Workspace, members: Iterable[Member], made_at: datetime
) -> int:
    job.database.make_place(place.store)
    with job.database.workspace_tx(place, now=job.now) as uow:
        job.database.lock_store(uow.connection, place.store)
        kept, number = _keep(uow)
        empty_store(uow.connection)
        faultpoint("restore-emptied")
        filling = fill_from(uow.connection, "workspace", members)
        faultpoint("restore-filled")
        migrations.upgrade(uow.connection, "workspace")
        # Higher than any process has seen, so that none goes on with definitions it remembers.
        set_definitions_number(uow, max(number, definitions_number(uow)) + 1)
        place_hold(uow, RESTORED, as_of=made_at)
        if job.members != "keep":
            known = filling.about.get("people", [])
            people.settle(uow, known, job.members == "create", job.keeper)
        for name in after_restore.names():
            came = Came(made_at, kept.get(name), filling.last_ids)
            after_restore.get(name).settle(uow, came)
        faultpoint("restore-settled")
    return sum(filling.wanted.values())


def _keep(uow: UnitOfWork) -> tuple[dict[str, Any], int]:
    """What must survive of the store that is replaced; nothing when there is none to read."""
    if migrations.revision_of(uow.connection) != migrations.head("workspace"):
        return {}, 0
    kept = {name: after_restore.get(name).keep(uow) for name in after_restore.names()}
    return kept, definitions_number(uow)


def _restore_blobs(folder: Path, members: Iterable[Member]) -> None:
    """Files get a name of ours inside the folder; what is there already stays."""
    for member in members:
        name = member.name.split("/", 2)[2]
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BadArchive("backup-foreign", member=member.name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            while piece := member.file.read(1 << 20):
                file.write(piece)
        partial.replace(path)


def _counted(members: Iterable[Member], progress: Progress) -> Iterator[Member]:
    """The members, while telling how many have been taken."""
    for number, member in enumerate(members):
        progress(number, 0)
        yield member
