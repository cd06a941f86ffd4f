"""Which records a reader may see; the cheapest form of that question."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def sees_record(uow: UnitOfWork, access: Access, form: str, record: int) -> bool:
    """Whether the record is there and within what this reader may read."""
    return record in seen_records(uow, access, form, [record])


def seen_records(uow: UnitOfWork, access: Access, form: str, records: Sequence[int]) -> set[int]:
    """Those of these records that are there and within what this reader may read."""
    catalog = catalog_of(uow)
    if form not in catalog.tables or access.scope(form, "read") == "none":
        return set()
    table = catalog.tables[form].main
    limits = scope_conditions(uow, access, catalog, form, table, "read")
    found: set[int] = set()
    for some in chunks(records):
        chosen = sa.select(table.c.id).where(table.c.id.in_(some), *limits)
        found.update(uow.execute(chosen).scalars())
    return found
