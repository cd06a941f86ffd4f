"""What publishing forms does to the database, inside the publishing transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from regulars.form_builder import rollups
from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.tables import SMALL, FormTables, bring_up, rows_about
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot


def forms_published(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """Bring the tables up to the new versions and fill columns that are computed."""
    old, new = catalog_from(before), catalog_from(after)
    for key in keys:
        bring_up(uow, new.tables[key])
    for key in new.forms:
        index_relations(uow, new, key)
    for key in keys:
        _fill_rollups(uow, old, new, key)


def index_relations(uow: UnitOfWork, catalog: FormCatalog, key: str) -> None:
    """(link, date) for each related list: what "last order", "orders in 30 days" read."""
    present: dict[str, set[str | None]] = {}
    for source, via, order in _relations(catalog, key):
        tables: FormTables | None = catalog.tables.get(source)
        if tables is None or via not in tables.main.c or order not in tables.main.c:
            continue
        table = tables.main
        if rows_about(uow, table) > SMALL:
            continue  # it would hold the writers up; made by advice, in a job
        if table.name not in present:
            indexes = sa.inspect(uow.connection).get_indexes(table.name)
            present[table.name] = {index["name"] for index in indexes}
        digest = hashlib.sha256(f"{table.name}:{via}:{order}".encode()).hexdigest()[:24]
        name = f"r_{digest}"
        if name not in present[table.name]:
            column_pair = (table.c[via], table.c[order])
            uow.execute(_create_index(name, table, column_pair))
            present[table.name].add(name)


def _create_index(
    name: str, table: sa.Table, columns: tuple[sa.Column[object], ...]
) -> sa.Executable:
    """CREATE INDEX without adding the index to the shared table object."""
    copied = table.to_metadata(sa.MetaData())
    index = sa.Index(name, *[copied.c[column.name] for column in columns])
    return sa.schema.CreateIndex(index)


def _relations(catalog: FormCatalog, key: str) -> Iterator[tuple[str, str, str]]:
    for each in catalog.get_form(key).fields:
        order = str(each.settings.get("order", "")).removeprefix("-")
        if each.type == "related" and order:
            yield str(each.settings["from"]), str(each.settings["via"]), order


def _fill_rollups(uow: UnitOfWork, old: FormCatalog, new: FormCatalog, key: str) -> None:
    """Compute rollups that are new or were changed, for every record there is."""
    known = {(plan.form, plan.field): plan.tree for plan in old.rollups}
    fresh = [p for p in new.rollups if p.form == key and known.get((p.form, p.field)) != p.tree]
    if not fresh:
        return
    ids = uow.execute(sa.select(new.tables[key].main.c.id)).scalars().all()
    rollups.recompute_all(uow, new, key, ids)
