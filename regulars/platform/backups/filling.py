"""Rows of an archive into an empty store, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError
from sqlalchemy.schema import CreateSchema, DropSchema

from regulars.platform import migrations
from regulars.platform.backups.archive import BadArchive, Member
from regulars.platform.backups.kinds import readers_for
from regulars.platform.backups.shapes import ALEMBIC, BadShape, TableShape, shape_from_json


def empty_store(connection: Connection) -> None:
    """Drop everything in a store; comes back with a roll-back on both databases."""
    if connection.dialect.name == "postgresql":
        schema = connection.execute(sa.select(sa.func.current_schema())).scalar_one()
        connection.execute(DropSchema(schema, cascade=True))
        connection.execute(CreateSchema(schema))
        return
    metadata = sa.MetaData()
    for name in sa.inspect(connection).get_table_names():
        sa.Table(name, metadata).drop(connection)


_UNFIT = (
    *(ValueError, TypeError, OverflowError, RecursionError),
    *(IntegrityError, DataError, InterfaceError, ProgrammingError),
    *(psycopg.IntegrityError, psycopg.DataError),
)
"""What rows raise that no store of ours can hold."""


class StoreFilling:
    """Takes the members of one store, in the order in which they stand in the archive."""

    def __init__(self, connection: Connection, line: str) -> None:
        self._connection = connection
        self._line = line
        self._shapes: dict[str, TableShape] = {}
        self._filled: dict[str, int] = {}
        self.about: dict[str, Any] = {}
        self.wanted: dict[str, int] = {}  # rows of each table

    def make_tables(self, member: Member) -> None:
        """Tables of the product at the archive's revision, the others by their description."""
        about = member.json()
        try:
            shapes = [shape_from_json(each) for each in about["tables"]]
            self.wanted = {str(name): int(count) for name, count in about["rows"].items()}
            revision = str(about["revision"])
        except (BadShape, AttributeError, KeyError, TypeError, ValueError):
            raise BadArchive("backup-foreign", member=member.name) from None
        migrations.upgrade(self._connection, self._line, revision)
        made = set(sa.inspect(self._connection).get_table_names()) - {ALEMBIC}
        for name, count in count_rows(self._connection, sorted(made)).items():
            if count:  # what a revision has put there; ledgers refuse even an empty deletion
                self._connection.execute(sa.delete(sa.table(name)))
        for shape in shapes:
            if shape.name not in made:
                shape.typed_table().create(self._connection)
        self._shapes = {shape.name: shape for shape in shapes}
        self.about = about

    def add_rows(self, member: Member) -> int:
        """Insert one piece of a table; how many rows."""
        _, _, rest = member.name.partition("/rows/")
        table = rest.partition("/")[0]
        shape = self._shapes.get(table)
        if shape is None:
            raise BadArchive("backup-foreign", member=member.name)
        try:
            rows = list(_read_rows(member, shape, self._connection.dialect.name))
            if rows:
                _insert_for(self._connection)(self._connection, shape, rows)
        except _UNFIT:
            raise BadArchive("backup-foreign", member=member.name) from None
        self._filled[table] = self._filled.get(table, 0) + len(rows)
        return len(rows)

    @property
    def last_ids(self) -> dict[str, int]:
        """The highest numbers that sequences had given out, where the archive knows."""
        return {s.name: s.last_id for s in self._shapes.values() if s.last_id is not None}

    def finish(self) -> None:
        """Every row is there, and numbers go on where they were."""
        wanted = {name: count for name, count in self.wanted.items() if count}
        if wanted != self._filled:
            raise BadArchive("backup-incomplete")
        if self._connection.dialect.name == "postgresql":
            for shape in self._shapes.values():
                _set_sequence(self._connection, shape)


def count_rows(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The rows of tables as they are now."""
    return {
        name: int(
            connection.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one()
        )
        for name in names
    }


def _read_rows(member: Member, shape: TableShape, dialect: str) -> Iterator[list[Any]]:
    turned = readers_for(dialect, shape.kinds)
    width = len(shape.columns)
    for line in member.read().splitlines():
        row = json.loads(line)
        if not isinstance(row, list) or len(row) != width:
            raise BadArchive("backup-foreign", member=member.name)
        for place, turn in turned:
            if row[place] is not None:
                row[place] = turn(row[place])
        yield row


Insert = Callable[[Connection, TableShape, list[list[Any]]], None]


def _insert_for(connection: Connection) -> Insert:
    return _copy_rows if connection.dialect.name == "postgresql" else _insert_rows


def _insert_rows(connection: Connection, shape: TableShape, rows: list[list[Any]]) -> None:
    names = [column.name for column in shape.columns]
    values = [dict(zip(names, row, strict=True)) for row in rows]
    connection.execute(shape.plain_table().insert(), values)


def _copy_rows(connection: Connection, shape: TableShape, rows: list[list[Any]]) -> None:
    """COPY: a third of the time of inserts, and it needs no right that inserts do not."""
    raw = cast(psycopg.Connection[Any], connection.connection.dbapi_connection)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in shape.columns)
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(shape.name), names)
    with raw.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def _set_sequence(connection: Connection, shape: TableShape) -> None:
    first = shape.columns[0]
    if first.name != "id" or not first.key or first.kind != "integer":
        return
    table = sa.table(shape.name, sa.column("id"))
    highest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
    last = max(int(highest), shape.last_id or 0)
    if last:
        sequence = sa.func.pg_get_serial_sequence(shape.name, "id")
        connection.execute(sa.select(sa.func.setval(sequence, last)))
