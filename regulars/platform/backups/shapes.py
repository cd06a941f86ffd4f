"""The shape of a store's tables, read from the database itself, so that nothing is forgotten.

Names in an archive are data from outside: only plain ones are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn

from regulars.platform.backups.kinds import KINDS, kind_of

ALEMBIC = "alembic_version"
_NAME = re.compile(r"^(?!pg_|sqlite_)[a-z][a-z0-9_]{0,62}$")


class BadShape(ValueError):
    """A description of tables that nobody but us could have written, and we did not."""


@dataclass(frozen=True)
class ColumnShape:
    """One column. ``key`` is its place in the primary key from 1, or 0."""

    name: str
    kind: str
    required: bool = False
    default: str | None = None
    key: int = 0


@dataclass(frozen=True)
class IndexShape:
    """An index over plain columns."""

    name: str
    columns: tuple[str, ...]
    unique: bool


@dataclass(frozen=True)
class TableShape:
    """One table. ``last_id`` is the highest number its sequence has given out, where known."""

    name: str
    columns: tuple[ColumnShape, ...]
    indexes: tuple[IndexShape, ...] = ()
    last_id: int | None = None

    @property
    def kinds(self) -> list[str]:
        """The kinds of its columns, in order."""
        return [column.kind for column in self.columns]

    def plain_table(self) -> sa.Table:
        """The table with columns that pass values through as they are stored."""
        shown = [sa.Column(column.name, sa.types.NullType()) for column in self.columns]
        return sa.Table(self.name, sa.MetaData(), *shown)

    def typed_table(self) -> sa.Table:
        """The table as it is created in an empty store, its indexes attached."""
        made = [_typed_column(column) for column in self.columns]
        only_key = sum(1 for column in self.columns if column.key) > 1
        table = sa.Table(
            self.name, sa.MetaData(), *made, sqlite_strict=True, sqlite_with_rowid=not only_key
        )
        for index in self.indexes:
            sa.Index(index.name, *[table.c[name] for name in index.columns], unique=index.unique)
        return table


def read_shapes(connection: Connection, known: Iterable[sa.Table]) -> list[TableShape]:
    """Every table of the store; ``known`` tells the kinds that SQLite does not remember."""
    kinds = _known_kinds(known)
    inspector = sa.inspect(connection)
    names = sorted(name for name in inspector.get_table_names() if name != ALEMBIC)
    return [_read_table(connection, inspector, name, kinds) for name in names]


def shape_json(shape: TableShape) -> dict[str, Any]:
    """A shape as it stands in an archive."""
    return {
        "name": shape.name,
        "columns": [vars(column) for column in shape.columns],
        "indexes": [{**vars(index), "columns": list(index.columns)} for index in shape.indexes],
        "last_id": shape.last_id,
    }


def shape_from_json(raw: Mapping[str, Any]) -> TableShape:
    """A shape out of an archive; BadShape for names and kinds that we never write."""
    try:
        columns = tuple(ColumnShape(**each) for each in raw["columns"])
        indexes = tuple(
            IndexShape(each["name"], tuple(each["columns"]), bool(each["unique"]))
            for each in raw["indexes"]
        )
        shape = TableShape(raw["name"], columns, indexes, raw["last_id"])
    except (KeyError, TypeError) as error:
        raise BadShape(str(error)) from None
    names = {column.name for column in columns}
    plain = all(_is_plain(name) for name in (shape.name, *names, *(i.name for i in indexes)))
    sound = all(set(index.columns) <= names for index in indexes)
    if not (plain and sound and columns and all(c.kind in KINDS for c in columns)):
        raise BadShape(str(raw["name"])[:60])
    return shape


def _is_plain(name: Any) -> bool:
    return isinstance(name, str) and _NAME.match(name) is not None


def _known_kinds(known: Iterable[sa.Table]) -> dict[tuple[str, str], str]:
    return {
        (table.name, column.name): kind_of(column.type)
        for table in known
        for column in table.columns
    }


def _read_table(
    connection: Connection, inspector: sa.Inspector, name: str, kinds: dict[tuple[str, str], str]
) -> TableShape:
    key = inspector.get_pk_constraint(name)["constrained_columns"]
    columns = [
        _read_column(column, kinds.get((name, column["name"])), key)
        for column in inspector.get_columns(name)
    ]
    return TableShape(
        name, tuple(columns), _read_indexes(inspector, name), _last_id(connection, name, columns)
    )


def _read_column(column: ReflectedColumn, kind: str | None, key: list[str]) -> ColumnShape:
    name = column["name"]
    default = column.get("default")
    return ColumnShape(
        name=name,
        kind=kind or kind_of(column["type"]),
        required=not column["nullable"],
        default=_plain_default(default) if default and "nextval" not in default else None,
        key=key.index(name) + 1 if name in key else 0,
    )


def _plain_default(default: str) -> str:
    """``'1'::bigint`` and ``'1'`` are 1."""
    return re.sub(r"::[a-z ]+$", "", default).strip("'")


def _read_indexes(inspector: sa.Inspector, table: str) -> tuple[IndexShape, ...]:
    """Plain ones only; what is partial or computed is made anew by whoever it serves."""
    found = []
    for index in inspector.get_indexes(table):
        names = index["column_names"]
        conditions = {"postgresql_where", "sqlite_where"} & set(index.get("dialect_options", {}))
        if all(names) and not index.get("expressions") and not conditions and index["name"]:
            chosen = tuple(str(name) for name in names)
            found.append(IndexShape(index["name"], chosen, bool(index["unique"])))
    return tuple(sorted(found, key=lambda index: index.name))


def _last_id(connection: Connection, table: str, columns: list[ColumnShape]) -> int | None:
    if connection.dialect.name != "postgresql" or columns[0].name != "id" or not columns[0].key:
        return None
    sequence = sa.func.pg_get_serial_sequence(table, "id")
    last = connection.execute(
        sa.select(
            sa.func.pg_sequence_last_value(sa.cast(sequence, sa.dialects.postgresql.REGCLASS))
        )
    ).scalar()
    return None if last is None else int(last)


def _typed_column(shape: ColumnShape) -> sa.Column[Any]:
    return sa.Column(
        shape.name,
        KINDS[shape.kind](),
        primary_key=bool(shape.key),
        nullable=not shape.required,
        server_default=shape.default,
        autoincrement="auto" if shape.name == "id" else False,
    )
