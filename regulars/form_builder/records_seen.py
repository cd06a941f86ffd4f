"""Whether a reader may see one record; the cheapest form of that question."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def sees_record(uow: UnitOfWork, access: Access, form: str, record: int) -> bool:
    """Whether the record is there and within what this reader may read."""
    catalog = catalog_of(uow)
    if form not in catalog.tables or access.scope(form, "read") == "none":
        return False
    table = catalog.tables[form].main
    limits = scope_conditions(uow, access, catalog, form, table, "read")
    return uow.scalar(sa.select(table.c.id).where(table.c.id == record, *limits)) is not None
