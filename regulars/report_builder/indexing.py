"""What publishing a report does to the database: an index on the time it groups and narrows by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_from
from regulars.form_builder.tables import SMALL, rows_about
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot
from regulars.report_builder.definition import ReportDefinition


def reports_published(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """Make the missing index of each report's time field, where that is a column of its form."""
    for key in keys:
        report: ReportDefinition = after.get("report", key)
        path = report.time_field
        table = catalog_from(after).source().table(report.source)
        # over a large table it would hold the writers up; there it is made by advice, in a job
        if path is not None and path in table.c and rows_about(uow, table) <= SMALL:
            _ensure(uow, table, path)


def _ensure(uow: UnitOfWork, table: sa.Table, column: str) -> None:
    indexes = sa.inspect(uow.connection).get_indexes(table.name)
    if any(each["column_names"][:1] == [column] for each in indexes):
        return
    digest = hashlib.sha256(f"{table.name}:{column}".encode()).hexdigest()[:24]
    copied = table.to_metadata(sa.MetaData())  # the shared table object stays as it is
    index = sa.Index(f"t_{digest}", copied.c[column])
    uow.execute(sa.schema.CreateIndex(index, if_not_exists=True))
