"""Changes of stored tables that do not make others wait.

On PostgreSQL an ALTER that waits behind a reader makes everybody wait behind it; so each try gives
up soon, lets the others pass and comes back. On SQLite the one writer holds the file anyway.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import OperationalError

from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Busy

LOCK_TIMEOUT = "100ms"
TRIES = 40


def patiently(uow: UnitOfWork, action: Callable[[Operations], None]) -> None:
    """Do ``action`` in a savepoint, again while its tables are locked; Busy after a while."""
    operations = Operations(MigrationContext.configure(uow.connection))
    if uow.dialect != "postgresql":
        action(operations)
        return
    for attempt in range(TRIES):
        try:
            with uow.savepoint():
                uow.execute(sa.select(sa.func.set_config("lock_timeout", LOCK_TIMEOUT, True)))
                action(operations)
        except OperationalError as error:
            if "lock timeout" not in str(error.orig):
                raise
            time.sleep(0.05 + random.random() * min(0.4, 0.05 * (attempt + 1)))  # noqa: S311
        else:
            uow.execute(sa.select(sa.func.set_config("lock_timeout", "0", True)))
            return
    raise Busy


def drop_indexes(
    uow: UnitOfWork, operations: Operations, table: str, columns: Sequence[str]
) -> None:
    """Drop the indexes of a table that hold one of ``columns``; all of them for no columns."""
    for index in sa.inspect(uow.connection).get_indexes(table):
        if not columns or set(columns) & set(index["column_names"]):
            operations.drop_index(str(index["name"]), table)


def has_table(uow: UnitOfWork, table: str) -> bool:
    """Whether the store has a table of this name."""
    return sa.inspect(uow.connection).has_table(table)


def columns_of(uow: UnitOfWork, table: str) -> set[str]:
    """The columns a stored table has."""
    return {column["name"] for column in sa.inspect(uow.connection).get_columns(table)}
