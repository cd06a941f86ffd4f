"""What backups must know of forms: the types of their columns, and their indexes afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.publishing import index_relations
from regulars.form_builder.serials import counts_now, go_on_counting, raise_counts
from regulars.form_builder.tables import all_tables, bring_up, build_tables
from regulars.platform.backups.hooks import Came
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import definition_version, snapshot


def form_tables(uow: UnitOfWork) -> Iterator[sa.Table]:
    """The tables of every version there was: columns of fields taken away are still there."""
    if not sa.inspect(uow.connection).has_table(definition_version.name):
        return
    bodies = uow.execute(
        sa.select(definition_version.c.body)
        .where(definition_version.c.kind == "form")
        .order_by(definition_version.c.key, definition_version.c.version)
    ).scalars()
    for body in bodies.all():
        yield from all_tables(build_tables(FormDefinition.from_json(body)))


class MendForms:
    """After a restore: columns and indexes that this release makes and an older one did not."""

    def keep(self, uow: UnitOfWork) -> dict[str, int]:
        """How far every count is: numbers on receipts must not be given out a second time."""
        return counts_now(uow)

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Bring every form's tables up to what the code says; numbers go on where they were."""
        raise_counts(uow, came.kept or {})
        catalog = catalog_from(snapshot(uow))
        for key in catalog.forms:
            bring_up(uow, catalog.tables[key])
            for table in all_tables(catalog.tables[key]):
                if "id" in table.c:
                    go_on_counting(uow, table, came.last_ids.get(table.name, 0))
        for key in catalog.forms:
            index_relations(uow, catalog, key)
