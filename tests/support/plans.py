"""Which way a store goes to find what a statement asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as AnyEngine


@contextmanager
def plans(table: str) -> Iterator[list[str]]:
    """The plan of every question and change of a table inside, as the store tells it."""
    told: list[str] = []

    def note(
        connection: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool
    ) -> None:
        is_meant = statement.startswith((f"UPDATE {table} ", "SELECT ")) and table in statement
        if many or not is_meant:
            return
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        cursor = connection.connection.cursor()  # by itself: nobody hears of this statement
        cursor.execute(explain + statement, given)
        told.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        cursor.close()

    sa.event.listen(AnyEngine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        sa.event.remove(AnyEngine, "before_cursor_execute", note)
