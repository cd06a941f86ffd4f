"""Many rows into one table straight through the driver; each value converted by its column's type.

SQLAlchemy's own executemany spends more on a small row than the database does. Here the statement
is still built by it, and values are still bound; on PostgreSQL the rows go by COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from psycopg import sql

from regulars.platform.db import UnitOfWork

Processor = Callable[[Any], Any] | None
Row = Sequence[Any]


def insert_many(
    uow: UnitOfWork, table: sa.Table, names: Sequence[str], rows: Iterable[Row]
) -> None:
    """Insert rows whose values stand in the order of ``names`` and were given to `processors`."""
    send = _copy if uow.dialect == "postgresql" else _execute
    send(uow, table, names, rows)


def processors(uow: UnitOfWork, table: sa.Table, names: Sequence[str]) -> list[Processor]:
    """Per column what turns a plain value into the driver's; None where nothing is to be done."""
    dialect = uow.connection.dialect
    return [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]


def _execute(uow: UnitOfWork, table: sa.Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    compiled = table.insert().compile(dialect=uow.connection.dialect, column_keys=list(names))
    assert compiled.positiontup is not None
    order = [list(names).index(name) for name in compiled.positiontup]
    ready = list(rows)
    if order != list(range(len(order))):
        ready = [tuple([row[at] for at in order]) for row in ready]
    if ready:
        uow.connection.exec_driver_sql(str(compiled), ready)


def _copy(uow: UnitOfWork, table: sa.Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    driver: Any = uow.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
