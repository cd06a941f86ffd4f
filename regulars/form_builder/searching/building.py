"""Bringing the search index up to the records, block by block, while others write.

Only what lies behind every transaction that still runs is put in: on PostgreSQL a record may be
committed after one with a higher id.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from pyroaring import BitMap

from regulars.form_builder.linking import chunks
from regulars.form_builder.searching.marking import marked
from regulars.form_builder.searching.postings import (
    Bitmaps,
    Indexed,
    bitmaps_of,
    block_of,
    hold,
    indexed_in,
    load,
    refill,
    save,
)
from regulars.form_builder.searching.tables import BLOCK, search_change, search_field
from regulars.platform import columns
from regulars.platform.db import Database, UnitOfWork, Workspace

GRAMS_AT_ONCE = 2000  # in one transaction, so that nobody waits long
CHANGES_AT_ONCE = 2000
_PATIENCE = 20  # times a tenth of a second


def settled_id(database: Database, workspace: Workspace, table: sa.Table) -> int:
    """The highest id under which nothing can come up any more; 0 when that is not known yet."""
    highest = sa.select(sa.func.max(table.c.id))
    with database.workspace_tx(workspace, write=False) as uow:
        if uow.dialect == "sqlite":
            return uow.scalar(highest) or 0
        last, then = uow.scalar(highest) or 0, uow.scalar(sa.select(sa.func.clock_timestamp()))
    for _ in range(_PATIENCE):
        with database.workspace_tx(workspace, write=False) as uow:
            if not _runs_since(uow, then):
                return last
        time.sleep(0.1)
    return 0


def _runs_since(uow: UnitOfWork, moment: datetime) -> bool:
    """Whether a transaction that began before this moment is still open."""
    names = ("datname", "pid", "backend_type", "xact_start")
    activity = sa.table("pg_stat_activity", *map(sa.column, names), schema="pg_catalog")
    others = sa.select(sa.func.count()).where(
        activity.c.datname == sa.func.current_database(),
        activity.c.pid != sa.func.pg_backend_pid(),
        activity.c.backend_type == "client backend",  # whoever tidies up makes no records
        activity.c.xact_start <= sa.bindparam(None, moment, type_=columns.Instant),
    )
    return bool(uow.scalar(others))


def build(database: Database, workspace: Workspace, table: sa.Table, upto: int) -> None:
    """Put every record up to an id into the index."""
    while True:
        with database.workspace_tx(workspace, write=False) as uow:
            behind = [each for each in indexed_in(uow, table.name) if each.upto < upto]
            if not behind:
                return
            each = min(behind, key=lambda one: one.upto)
            first = uow.scalar(sa.select(sa.func.min(table.c.id)).where(table.c.id > each.upto))
            block = block_of(min(first or upto, upto))
            end = min(upto, (block + 1) * BLOCK - 1)
            column = table.c[each.column]
            chosen = sa.select(table.c.id, column).where(
                table.c.id > each.upto, table.c.id <= end, column.is_not(None)
            )
            fresh = bitmaps_of(each, ((row[0], row[1]) for row in uow.execute(chosen)))
        if not _put(database, workspace, each, block, end, fresh):
            return


def _put(
    database: Database, workspace: Workspace, each: Indexed, block: int, end: int, fresh: Bitmaps
) -> bool:
    """Add bitmaps to those of a block; False when somebody else was at it."""
    for some in chunks(sorted(fresh), GRAMS_AT_ONCE):
        with database.workspace_tx(workspace) as uow:
            if not hold(uow, each):
                return False
            joined = {gram: fresh[gram] for gram in some}
            if block_of(each.upto) == block:  # others of this block are in already
                for gram, records in load(uow, each.id, block, some):
                    joined[gram] = records | joined[gram]
            save(uow, each.id, block, joined)
    with database.workspace_tx(workspace) as uow:
        if not hold(uow, each):
            return False
        here = search_field.c.id == each.id
        uow.execute(search_field.update().where(here).values(upto=end))
    return True


def take_changes(uow: UnitOfWork, table: sa.Table) -> int:
    """Look again at records that changed; how many notes of them are done with."""
    known = indexed_in(uow, table.name)
    upto = min((each.upto for each in known), default=0)
    here = search_change.c.place == table.name, search_change.c.about <= upto
    some = sa.select(search_change.c.id).where(*here).order_by(search_change.c.id)
    ids = list(uow.execute(some.limit(CHANGES_AT_ONCE)).scalars())
    if not ids:
        return 0
    # the notes go first: whoever changes one of these records from now on writes a new one
    gone = search_change.delete().where(search_change.c.id.in_(ids))
    records = set(uow.execute(gone.returning(search_change.c.about)).scalars())
    look_again(uow, table, sorted(records))
    return len(ids)


def look_again(uow: UnitOfWork, table: sa.Table, records: Sequence[int]) -> None:
    """Put these records into the index with the texts they have now; those that went, go."""
    known = [each for each in indexed_in(uow, table.name) if _held(uow, each)]
    blocks: dict[int, list[int]] = {}
    for record in records:
        blocks.setdefault(block_of(record), []).append(record)
    for each in known:
        for block, ids in blocks.items():
            going = BitMap([record % BLOCK for record in ids])
            refill(uow, each, block, going, _texts(uow, table, each.column, ids).items())


def forget_marked(uow: UnitOfWork, tables: Mapping[str, sa.Table]) -> None:
    """Look again at once at whatever this transaction changed, so that no trace of it stays.

    The notes stay: a job that reads at this moment may still put in what it has read before.
    """
    for name, ids in sorted(marked(uow).items()):
        if name in tables:
            look_again(uow, tables[name], sorted(ids))


def _held(uow: UnitOfWork, each: Indexed) -> bool:
    """Keep others from changing this field's bitmaps, however far it is by now."""
    here = search_field.c.id == each.id
    return uow.scalar(sa.select(search_field.c.id).where(here).with_for_update()) is not None


def _texts(
    uow: UnitOfWork, table: sa.Table, name: str, ids: Sequence[int]
) -> dict[int, str | None]:
    column = table.c.get(name)
    found: dict[int, str | None] = {}
    if column is None:
        return found
    for some in chunks(ids):
        rows = uow.execute(sa.select(table.c.id, column).where(table.c.id.in_(some)))
        found.update((row[0], row[1]) for row in rows)
    return found
