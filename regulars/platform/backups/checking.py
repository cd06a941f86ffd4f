"""Whether a backup can be read back: each of its stores is filled into an empty one.

The trial store is a SQLite file whatever the database of the installation, so that checking needs
no right and no place on a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import sqlalchemy as sa

from regulars.platform import migrations
from regulars.platform.backups.archive import BadArchive, Member, read_manifest, read_members
from regulars.platform.backups.filling import StoreFilling, count_rows
from regulars.platform.db import Database

Part = tuple[str, str]
"""What a member belongs to: ``("store", "w_3")``, ``("blobs", "w_3")`` or ``("other", "")``."""


def part_of(member: Member) -> Part:
    """Which store a member belongs to, and whether it is rows or a file."""
    top, _, rest = member.name.partition("/")
    store = rest.partition("/")[0]
    known = {"stores": "store", "blobs": "blobs"}
    return (known[top], store) if top in known and store else ("other", "")


def parts_of(path: Path) -> Iterator[tuple[Part, Iterator[Member]]]:
    """The members of an archive by what they belong to, in the archive's order."""
    return groupby(read_members(path), key=part_of)


def check_sums(path: Path) -> None:
    """Read the whole file once; BadArchive when it is not complete and unharmed."""
    read_manifest(path)
    for _member in read_members(path):
        pass


def line_of(store: str) -> str:
    """The line of revisions a store belongs to."""
    return "main" if store == "main" else "workspace"


def fill_from(connection: sa.Connection, line: str, members: Iterable[Member]) -> StoreFilling:
    """Fill an empty store from its members; up to the archive's revision, not beyond."""
    given = iter(members)
    first = next(given)
    if not first.name.endswith("/tables.json"):
        raise BadArchive("backup-foreign", member=first.name)
    filling = StoreFilling(connection, line)
    filling.make_tables(first)
    for member in given:
        filling.add_rows(member)
    filling.finish()
    return filling


def check_backup(path: Path, scratch: Path) -> dict[str, dict[str, int]]:
    """Restore every store into ``scratch``, bring it up to this release, and count its rows."""
    trial = Database("", scratch)
    found: dict[str, dict[str, int]] = {}
    try:
        for (kind, store), members in parts_of(path):
            if kind == "store":
                found[store] = _try_store(trial, store, members)
    finally:
        trial.close()
    return found


def _try_store(trial: Database, store: str, members: Iterable[Member]) -> dict[str, int]:
    line = line_of(store)
    trial.make_place(store)
    with trial.store_tx(store) as connection:
        filling = fill_from(connection, line, members)
        counts = count_rows(connection, list(filling.wanted))
        if counts != filling.wanted:
            raise BadArchive("backup-incomplete")
        migrations.upgrade(connection, line)
    with trial.snapshot_tx(store) as connection:
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    if said != "ok":
        raise BadArchive("backup-damaged", member=store)
    return counts
