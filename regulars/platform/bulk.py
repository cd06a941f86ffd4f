"""Many rows into one table straight through the driver, column by column.

SQLAlchemy's own executemany spends more on a small row than the database does. Here the statement
is still built by it, values are still bound and converted by their column's type, each distinct
value once; on PostgreSQL many rows go by COPY.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from regulars.platform import columns
from regulars.platform.db import UnitOfWork
from regulars.platform.prepared import send_many

_REPEATING = (columns.Scaled, columns.Instant, columns.Day, columns.Flag)
Row = tuple[Any, ...]
Converter = Callable[[Any], Any] | None


class _Once(dict[Any, Any]):
    """What each distinct value converts to; nothing stays nothing."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__({None: None})
        self._convert = convert

    def __missing__(self, value: Any) -> Any:
        converted = self[value] = self._convert(value)
        return converted


FEW = 20


def insert_rows(uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of plain values that all have the same keys."""
    if len(rows) == 1:
        insert_row(uow, table, rows[0])
    elif rows:
        insert_columns(uow, table, {name: [row[name] for row in rows] for name in rows[0]})


def insert_row(uow: UnitOfWork, table: sa.Table, row: Mapping[str, Any]) -> None:
    """Insert one row of plain values."""
    insert = _insert(table, tuple(row), uow.connection.dialect)
    given = [
        value if (value := row[name]) is None or convert is None else convert(value)
        for name, (convert, _repeats) in zip(insert.names, insert.converters, strict=True)
    ]
    send_many(uow.connection, insert.text, [insert.taken(given)])


def insert_columns(uow: UnitOfWork, table: sa.Table, values: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns of plain values, all equally long."""
    insert = _insert(table, tuple(values), uow.connection.dialect)
    names = insert.names
    given = [
        converted(convert, repeats, values[name])
        for name, (convert, repeats) in zip(names, insert.converters, strict=True)
    ]
    rows: list[Any] = list(zip(*given, strict=True))
    if uow.dialect == "postgresql" and len(rows) >= FEW:
        _copy(uow, table, names, rows)
    elif rows:
        send_many(uow.connection, insert.text, [insert.taken(row) for row in rows])


@dataclass(frozen=True)
class _Insert:
    """The statement for rows of certain columns, and per column what makes the driver's value.

    A converter says as well whether values repeat themselves.
    """

    text: str
    names: Sequence[str]  # of the columns, in the table's order
    by_name: bool  # whether the driver takes a row's values by name
    converters: Sequence[tuple[Converter, bool]]

    def taken(self, row: Sequence[Any]) -> Any:
        """A row of the driver's values as the driver takes it."""
        return dict(zip(self.names, row, strict=True)) if self.by_name else row


@lru_cache(maxsize=1000)
def _insert(table: sa.Table, names: tuple[str, ...], dialect: Dialect) -> _Insert:
    compiled = table.insert().inline().compile(dialect=dialect, column_keys=list(names))
    ordered = [column.name for column in table.columns if column.name in names]
    assert compiled.positiontup in (None, ordered)
    converters = [converter_of(table.c[name].type, dialect) for name in ordered]
    return _Insert(str(compiled), ordered, compiled.positiontup is None, converters)


class ForEach:
    """One statement for many rows, each of which has a value for all of its ``sa.bindparam``s.

    ``build`` makes it for a kind of database, by the name of its dialect; a parameter may be named
    with a ``prefix`` that the rows do not have.
    """

    def __init__(self, build: Callable[[str], sa.Executable], *, prefix: str = "") -> None:
        self._build = build
        self._prefix = prefix
        self._known: dict[str, tuple[str, Sequence[str], bool, Sequence[tuple[Converter, bool]]]]
        self._known = {}

    def run(self, uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for every row; nobody is told how many it met."""
        if not rows:
            return
        text, names, by_name, converters = self._spelled(uow.connection.dialect)
        columns = [
            converted(convert, repeats, [row[name.removeprefix(self._prefix)] for row in rows])
            for name, (convert, repeats) in zip(names, converters, strict=True)
        ]
        given: list[Any] = list(zip(*columns, strict=True))
        if by_name:
            given = [dict(zip(names, row, strict=True)) for row in given]
        send_many(uow.connection, text, given)

    def _spelled(
        self, dialect: Dialect
    ) -> tuple[str, Sequence[str], bool, Sequence[tuple[Converter, bool]]]:
        known = self._known.get(dialect.name)
        if known is None:
            statement: Any = self._build(dialect.name)
            compiled = statement.compile(dialect=dialect)
            names = compiled.positiontup or list(compiled.binds)
            converters = [converter_of(compiled.binds[name].type, dialect) for name in names]
            known = (str(compiled), names, compiled.positiontup is None, converters)
            self._known[dialect.name] = known
        return known


def converter_of(kind: TypeEngine[Any], dialect: Dialect) -> tuple[Converter, bool]:
    """What makes the driver's values of a column's type, and whether values repeat themselves."""
    return kind.dialect_impl(dialect).bind_processor(dialect), isinstance(kind, _REPEATING)


def converted(convert: Converter, repeats: bool, values: Sequence[Any]) -> Iterable[Any]:
    """Plain values as the driver takes them; what repeats itself is converted once."""
    if convert is None:
        return values
    if repeats and len(values) >= FEW:
        return map(_Once(convert).__getitem__, values)
    return [None if value is None else convert(value) for value in values]


def _copy(uow: UnitOfWork, table: sa.Table, names: Sequence[str], rows: list[Row]) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), listed)
    driver: Any = uow.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
