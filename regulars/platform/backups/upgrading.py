"""Bringing every store up to this release: one process at a time, a backup first, resumable.

Each store changes in one transaction, so that a process that dies leaves it at the old revision
or at the new one; whoever comes next goes on with the rest. The backup that is made before is
filled into trial stores and brought up there first: a change that fails on this shop's records
fails on the copy.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from regulars.platform import migrations
from regulars.platform.backups.archive import BadArchive
from regulars.platform.backups.checking import check_backup, line_of
from regulars.platform.backups.making import Order, make_backup, scratch_folder
from regulars.platform.backups.restoring import Restoring, go_back
from regulars.platform.backups.service import look_into
from regulars.platform.db import MAIN_SCHEMA, Database, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.workspaces import workspace

Say = Callable[[str], None]
_SETTINGS = ("id", "key", "name", "zone", "currency", "locale", "week_start", "leap_day")


def bring_up(database: Database, folder: Path, say: Say) -> int:
    """Bring every store up to this release; how many were changed.

    ``folder`` is where backups go. Costs one look at each store when nothing is to be done.
    """
    if not _behind(database):
        return 0
    with _alone(database):
        behind = _behind(database)  # somebody else may have done it meanwhile
        old = [store for store in behind if _revision(database, store) is not None]
        if old:
            say(f"Bringing {len(old)} stores up to this version, after a backup …")
            _keep_safe(database, folder, say)
        for store in behind:
            faultpoint("store-before")
            _bring_up_store(database, store)
        late = _behind(database)  # workspaces are known once the main store is there
        for store in late:
            _bring_up_store(database, store)
        if old:
            say("Every store is up to date.")
        return len({*behind, *late})


def newest_way_back(folder: Path) -> Path | None:
    """The backup made before the last upgrade, or None."""
    kept = sorted((folder / "upgrades").glob("*.tar.gz"))
    return kept[-1] if kept else None


def step_back(database: Database, path: Path, say: Say) -> list[str]:
    """Put every store back to where it was before an upgrade, at its old revision.

    Afterwards only the version that made the backup may be started. The names of the stores.
    """
    offer = look_into(path)
    say(f"Going back to {offer.made_at:%Y-%m-%d %H:%M} UTC, version {offer.version} …")
    job = Restoring(database, path, database.clock(), lambda _done, _total: None)
    with _alone(database):
        return go_back(job)


def places_now(database: Database) -> list[Workspace]:
    """Every workspace, read in a way that works on main stores of all revisions."""
    with database.snapshot_tx("main") as connection:
        inspector = sa.inspect(connection)
        if not inspector.has_table(workspace.name):
            return []
        names = {column["name"] for column in inspector.get_columns(workspace.name)}
        known = [workspace.c[name] for name in _SETTINGS if name in names]
        statement = sa.select(*known).order_by(workspace.c.id)
        if "deleted_at" in names:
            statement = statement.where(workspace.c.deleted_at.is_(None))
        return [Workspace(**row._mapping) for row in connection.execute(statement)]


def _behind(database: Database) -> list[str]:
    """The stores that are not at this release's revision, the main store first."""
    database.make_place("main")
    stores = ["main", *(place.store for place in places_now(database))]
    return [store for store in stores if _is_behind(database, store)]


def _is_behind(database: Database, store: str) -> bool:
    line = line_of(store)
    known = _revision(database, store)
    if known is not None and known not in migrations.revisions(line):
        with database.snapshot_tx(store) as connection:
            migrations.require_tolerance(connection, line)
        return False
    return known != migrations.head(line)


def _revision(database: Database, store: str) -> str | None:
    database.make_place(store)
    with database.snapshot_tx(store) as connection:
        return migrations.revision_of(connection)


def _bring_up_store(database: Database, store: str) -> None:
    database.make_place(store)
    with database.store_tx(store) as connection:
        database.lock_store(connection, store)
        migrations.upgrade(connection, line_of(store))


def _keep_safe(database: Database, folder: Path, say: Say) -> None:
    now = database.clock()
    path = folder / "upgrades" / f"{now:%Y-%m-%d-%H%M%S}.tar.gz"
    order = Order("installation", places_now(database), path, now)
    make_backup(database, order, lambda _done, _total: None)
    faultpoint("upgrade-kept")
    with scratch_folder(database) as scratch:
        try:
            check_backup(path, Path(scratch))
        except Exception as error:
            if isinstance(error, BadArchive):
                raise
            raise migrations.StoreRefused("upgrade-rehearsal", reason=str(error)[:200]) from error
    for old in sorted(path.parent.glob("*.tar.gz"))[:-3]:
        old.unlink()
    say(f"The backup is {path}")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Only one process brings stores up at a time; the lock ends with the process."""
    if database.is_sqlite:
        with (database.data_dir / "upgrading").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with database.store_tx("main") as connection:
        database.lock_store(connection, f"{MAIN_SCHEMA}:upgrade")
        yield
