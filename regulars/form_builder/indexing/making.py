"""Indexes that come and go while people work.

On PostgreSQL an index is made beside the writers, outside any transaction. On SQLite making one
holds the writers up, about a second and a half for a million rows; from `LARGE` rows on it waits
for the night.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, DropIndex

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.indexing.advice import PREFIX, Wish, advise, index_uses
from regulars.form_builder.tables import rows_about
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.retrying import lost_race

LARGE = 2_000_000
NIGHT = (1, 6)  # hours of the workspace's clock
ATTEMPTS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What is to be made, what has to wait for the night, and which names are of no use now."""

    make: tuple[Wish, ...] = ()
    own: tuple[tuple[str, str], ...] = ()  # (form, index) that the form's table should have
    wait: tuple[Wish, ...] = ()
    drop: tuple[tuple[str, str], ...] = ()  # (table, index)

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do now."""
        return not self.make and not self.own and not self.drop


def plan(uow: UnitOfWork) -> Plan:
    """What the published definitions want and the tables do not have, and the other way round."""
    catalog = catalog_of(uow)
    wishes = advise(catalog, [use for source in index_uses for use in source(uow)])
    have = _existing(uow, catalog)
    wanted = {wish.name(catalog.source().table(wish.form)): wish for wish in wishes}
    known = {index for indexes in have.values() for index in indexes}
    missing = [wish for name, wish in wanted.items() if name not in known]
    waiting = [wish for wish in missing if _must_wait(uow, catalog, wish)]
    gone = [
        (table, index)
        for table, indexes in sorted(have.items())
        for index in sorted(indexes)
        if index.startswith(PREFIX) and index not in wanted
    ]
    ready = tuple(wish for wish in missing if wish not in waiting)
    return Plan(ready, tuple(_own_missing(uow, catalog, known)), tuple(waiting), tuple(gone))


def _own_missing(
    uow: UnitOfWork, catalog: FormCatalog, known: set[str]
) -> Iterator[tuple[str, str]]:
    """Indexes of links that publishing left for later because the table is large."""
    for key, tables in catalog.tables.items():
        places = [(key, tables.main), *((f"{key}.{k}", t.main) for k, t in tables.rows.items())]
        for form, table in places:
            for index in table.indexes:
                if str(index.name) not in known and not index.unique:
                    yield form, str(index.name)


def carry_out(database: Database, workspace: Workspace, wanted: Plan) -> list[str]:
    """Make and drop, each on its own; the names of what could not be done now."""
    with database.workspace_tx(workspace, write=False) as uow:
        source = catalog_of(uow).source()
        made = [(wish, source.table(wish.form)) for wish in wanted.make]
    failed = []
    for wish, table in made:
        index = _index(wish, table, database, workspace)
        if not _patiently(database, workspace, sa.schema.CreateIndex(index, if_not_exists=True)):
            failed.append(str(index.name))
    for form, name in wanted.own:
        table = source.table(form)
        index = _own(name, table, database, workspace)
        if not _patiently(database, workspace, CreateIndex(index, if_not_exists=True)):
            failed.append(name)
    for table_name, name in wanted.drop:
        index = _named(table_name, name, database, workspace)
        if not _patiently(database, workspace, DropIndex(index, if_exists=True)):
            failed.append(name)
    return failed


def _existing(uow: UnitOfWork, catalog: FormCatalog) -> dict[str, set[str]]:
    inspector = sa.inspect(uow.connection)
    tables = [
        table
        for tables in catalog.tables.values()
        for table in (tables.main, *(rows.main for rows in tables.rows.values()))
    ]
    present = set(inspector.get_table_names())
    return {
        table.name: {str(index["name"]) for index in inspector.get_indexes(table.name)}
        for table in tables
        if table.name in present
    }


def _must_wait(uow: UnitOfWork, catalog: FormCatalog, wish: Wish) -> bool:
    if uow.dialect != "sqlite" or is_night(uow.workspace, uow.now):
        return False
    return rows_about(uow, catalog.source().table(wish.form)) > LARGE


def is_night(workspace: Workspace, now: datetime) -> bool:
    """Whether hardly anybody works in this shop now."""
    first, last = NIGHT
    return first <= now.astimezone(workspace.tz).hour < last


def _index(wish: Wish, table: sa.Table, database: Database, workspace: Workspace) -> sa.Index:
    copied = _placed(table, database, workspace)
    parts = []
    for name in wish.columns:
        column: sa.ColumnElement[object] = copied.c[name.removeprefix("-")]
        if name.startswith("-"):
            column = column.desc() if database.is_sqlite else column.desc().nulls_last()
        parts.append(column)
    return sa.Index(wish.name(table), *parts, postgresql_concurrently=True)


def _own(name: str, table: sa.Table, database: Database, workspace: Workspace) -> sa.Index:
    copied = _placed(table, database, workspace)
    known = next(index for index in table.indexes if index.name == name)
    parts = [copied.c[column.name] for column in known.columns]
    return sa.Index(name, *parts, postgresql_concurrently=True)


def _named(table: str, name: str, database: Database, workspace: Workspace) -> sa.Index:
    shell = _placed(sa.Table(table, sa.MetaData(), sa.Column("id")), database, workspace)
    return sa.Index(name, shell.c.id, postgresql_concurrently=True)


def _placed(table: sa.Table, database: Database, workspace: Workspace) -> sa.Table:
    """A copy that names its schema, for connections without a search path."""
    fresh = sa.MetaData()
    if database.is_sqlite:
        copied = table.to_metadata(fresh)
    else:
        copied = table.to_metadata(fresh, schema=workspace.store)
    copied.indexes.clear()
    return copied


def _patiently(database: Database, workspace: Workspace, change: CreateIndex | DropIndex) -> bool:
    """Do it outside any transaction, again after a pause when somebody's lock is in the way."""
    for attempt in range(ATTEMPTS):
        try:
            with database.outside_transactions(workspace) as connection:
                connection.execute(change)
        except DBAPIError as error:
            if not lost_race(error):
                raise
            time.sleep(random.uniform(0.05, 0.3) * (attempt + 1))  # noqa: S311
        else:
            return True
    log.info("An index could not be made or dropped now; it is tried again later.")
    return False


def drop_broken(database: Database, workspace: Workspace) -> Sequence[str]:
    """Drop indexes whose making broke off half-way (PostgreSQL keeps their names); those names."""
    if database.is_sqlite:
        return []
    catalog, names = sa.table, sa.column
    about = catalog("pg_index", names("indexrelid"), names("indrelid"), names("indisvalid"),
                    schema="pg_catalog")  # fmt: skip
    relation = catalog("pg_class", names("oid"), names("relname"), names("relnamespace"),
                       schema="pg_catalog")  # fmt: skip
    space = catalog("pg_namespace", names("oid"), names("nspname"), schema="pg_catalog")
    owner = relation.alias("owner")
    statement = (
        sa.select(owner.c.relname, relation.c.relname)
        .select_from(about)
        .join(relation, relation.c.oid == about.c.indexrelid)
        .join(owner, owner.c.oid == about.c.indrelid)
        .join(space, space.c.oid == relation.c.relnamespace)
        .where(
            space.c.nspname == workspace.store,
            ~about.c.indisvalid,
            relation.c.relname.startswith(PREFIX, autoescape=True),
        )
    )
    with database.workspace_tx(workspace, write=False) as uow:
        broken = [(row[0], row[1]) for row in uow.execute(statement)]
    for table, name in broken:
        index = _named(table, name, database, workspace)
        _patiently(database, workspace, DropIndex(index, if_exists=True))
    return [name for _table, name in broken]
