"""Statements compiled once and sent straight through the driver, for the busiest paths.

SQLAlchemy spends more on running a small statement than the database does. It still writes the
statement, and every value is still bound and read by its column's type; only the machinery around
the driver's cursor is left out. Errors come as SQLAlchemy's, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]
Values = Mapping[str, Any]
_KEPT_LENGTH = 8  # longer lists are spelled out anew each time
_NOTHING: Values = {}


@dataclass(frozen=True)
class _Plan:
    """One spelling of a statement: for one kind of database and so many values in each list."""

    text: str
    order: Sequence[str] | None  # of the parameters; None where the driver takes them by name
    fixed: Values  # parameters with values of their own
    lists: Mapping[str, Sequence[str]]  # a list's name → the names of its parts
    binders: Mapping[str, Convert]
    readers: Sequence[tuple[int, Convert]]
    names: Sequence[str]  # of the answer's columns; none when there is no answer

    def bound(self, values: Values) -> Any:
        """The values as the driver takes them."""
        if not values and not self.fixed:
            return () if self.order is not None else _NOTHING
        given = dict(self.fixed)
        for name, value in values.items():
            bind = self.binders.get(name)
            parts = self.lists.get(name)
            if parts is None:
                given[name] = value if bind is None else bind(value)
                continue
            each = value if bind is None else map(bind, value)
            given.update(zip(parts, each, strict=True))
        return given if self.order is None else [given[name] for name in self.order]

    def read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row of the driver as plain values."""
        cells = list(row)
        for place, convert in self.readers:
            cells[place] = convert(cells[place])
        return tuple(cells)


class Prepared:
    """One statement; ``sa.bindparam``s without a value are given each time it runs.

    One that is ``expanding`` takes a list, which must not be empty.
    """

    def __init__(self, statement: sa.Executable) -> None:
        self._statement: Any = statement
        self._compiled: dict[str, Any] = {}
        self._takes_lists = True  # as long as nobody has looked
        self._plans: dict[Any, _Plan] = {}

    def rows(self, connection: Connection, values: Values = _NOTHING) -> list[tuple[Any, ...]]:
        """Run it; every row of the answer."""
        plan = self._plan(connection.dialect, values)
        cursor = _cursor(connection)
        try:
            cursor.execute(plan.text, plan.bound(values))
            found: list[tuple[Any, ...]] = cursor.fetchall() if plan.names else []
        except Exception as error:
            raise _told(connection, plan.text, error) from error
        finally:
            cursor.close()
        return [plan.read(row) for row in found] if plan.readers else found

    def mappings(
        self, connection: Connection, values: Values = _NOTHING
    ) -> list[Mapping[str, Any]]:
        """Run it; every row of the answer, columns by their names."""
        names = self._plan(connection.dialect, values).names
        return [dict(zip(names, row, strict=True)) for row in self.rows(connection, values)]

    def first(self, connection: Connection, values: Values = _NOTHING) -> tuple[Any, ...] | None:
        """Run it; the first row of the answer, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def scalar(self, connection: Connection, values: Values = _NOTHING) -> Any:
        """Run it; the first column of the first row, or None."""
        found = self.rows(connection, values)
        return found[0][0] if found else None

    def run_each(self, connection: Connection, rows: Sequence[Values]) -> None:
        """Run it once for each of these values, which have the same names and no lists."""
        if rows:
            plan = self._plan(connection.dialect, rows[0])
            send_many(connection, plan.text, [plan.bound(row) for row in rows])

    def _plan(self, dialect: Dialect, values: Values) -> _Plan:
        lengths: Sequence[int] = ()
        if self._takes_lists:
            lengths = [len(value) for value in values.values() if isinstance(value, list)]
        name = (dialect.name, *lengths) if lengths else dialect.name
        plan = self._plans.get(name)
        if plan is None:
            plan = self._spell(dialect, values)
            if max(lengths, default=0) <= _KEPT_LENGTH:
                self._plans[name] = plan
        return plan

    def _spell(self, dialect: Dialect, values: Values) -> _Plan:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._statement.compile(dialect=dialect)
            self._takes_lists = any(bind.expanding for bind in compiled.binds.values())
        state = compiled.construct_expanded_state(dict(values))
        types = {name: bind.type for name, bind in compiled.binds.items()}
        binders = {name: _binder(kind, dialect) for name, kind in types.items()}
        whole = {  # what a list's parts are parts of
            part: name for name, parts in state.parameter_expansion.items() for part in parts
        }
        fixed = {
            name: bind(value) if (bind := binders.get(whole.get(name, name))) else value
            for name, value in state.parameters.items()
            if whole.get(name, name) not in values
        }
        readers = [_reader(each.type, dialect) for each in compiled._result_columns]
        return _Plan(
            state.statement, state.positiontup, fixed, state.parameter_expansion,
            {name: bind for name, bind in binders.items() if bind is not None},
            [(place, read) for place, read in enumerate(readers) if read is not None],
            [each.keyname for each in compiled._result_columns],
        )  # fmt: skip


def send(connection: Connection, text: str) -> None:
    """Run a text of the driver's own."""
    cursor = _cursor(connection)
    try:
        cursor.execute(text)
    except Exception as error:
        raise _told(connection, text, error) from error
    finally:
        cursor.close()


def last_value(connection: Connection, text: str) -> Any:
    """Run several statements of the driver's own in one message (PostgreSQL); the first value that
    the last of them answers, or None. Each sees what was committed before it began.
    """
    cursor = _cursor(connection)
    try:
        cursor.execute(text)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    except Exception as error:
        raise _told(connection, text, error) from error
    finally:
        cursor.close()
    return row[0] if row else None


def send_many(connection: Connection, text: str, rows: Sequence[Any]) -> None:
    """Run a text of the driver's own once for each row of its own values."""
    cursor = _cursor(connection)
    try:
        if len(rows) == 1:
            cursor.execute(text, rows[0])
        else:
            cursor.executemany(text, rows)
    except Exception as error:
        raise _told(connection, text, error) from error
    finally:
        cursor.close()


def _cursor(connection: Connection) -> Any:
    """A cursor of the driver itself."""
    return connection.connection.cursor()


def _told(connection: Connection, text: str, error: Exception) -> BaseException:
    """The driver's error as SQLAlchemy's, without any values; any other as it is."""
    dialect: Any = connection.dialect
    errors = dialect.loaded_dbapi.Error
    if not isinstance(error, errors):
        return error
    gone = dialect.is_disconnect(error, connection.connection.driver_connection, None)
    if gone:
        connection.invalidate(error)
    told: BaseException = DBAPIError.instance(
        text, (), error, errors, hide_parameters=True, connection_invalidated=gone, dialect=dialect
    )
    return told


def _binder(kind: Any, dialect: Dialect) -> Convert | None:
    made: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return made


def _reader(kind: Any, dialect: Dialect) -> Convert | None:
    made: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return made
