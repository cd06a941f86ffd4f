"""A form's physical tables: one typed table per form, a child table per subform, a side per tags.

Names come from keys, which are validated slugs; long names are shortened by a hash, so that
PostgreSQL's 63 bytes suffice. A published change only ever adds tables and columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from regulars.form_builder.changing import ddl
from regulars.form_builder.definition import FieldDefinition, FormDefinition, row_form
from regulars.form_builder.field_types.base import field_types
from regulars.platform import columns
from regulars.platform.db import UnitOfWork

MAX_NAME = 55
SMALL = 20_000  # rows; an index over fewer may be made while a form is published


@dataclass(frozen=True)
class FormTables:
    """``main`` holds the records; ``rows`` the subforms' and ``sides`` the tags' by field key."""

    main: sa.Table
    rows: Mapping[str, FormTables]
    sides: Mapping[str, sa.Table]


def physical_name(*parts: str) -> str:
    """``f_orders__items``, with a hash in place of the tail when it would be too long."""
    name = "f_" + "__".join(parts)
    if len(name) <= MAX_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: MAX_NAME - 11]}_{digest}"


def build_tables(form: FormDefinition) -> FormTables:
    """The SQLAlchemy tables of one form version. Pure; nothing is created."""
    metadata = sa.MetaData()
    name = physical_name(form.key)
    main = sa.Table(name, metadata, *_system_columns(), *_columns(form), sqlite_strict=True)
    _index_links(main, form)
    return FormTables(main, _row_tables(metadata, form), _side_tables(metadata, form))


def _system_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", columns.BigInt, primary_key=True),
        sa.Column("version", columns.BigInt, nullable=False, server_default="1"),
        sa.Column("created_at", columns.Instant, nullable=False),
        sa.Column("created_by", columns.BigInt),
        sa.Column("updated_at", columns.Instant, nullable=False),
        sa.Column("updated_by", columns.BigInt),
        sa.Column("unit", columns.BigInt),
        sa.Column("owner", columns.BigInt),
        sa.Column("form_version", columns.BigInt, nullable=False),
        sa.Column("batch", columns.BigInt),
        sa.Column("ext", columns.Json),
    ]


def _columns(form: FormDefinition) -> list[sa.Column[Any]]:
    return [column for each in form.fields for column in _field_columns(each)]


def _field_columns(field: FieldDefinition) -> list[sa.Column[Any]]:
    kind = field_types.get(field.type)
    made = kind.columns(field)
    if field.freeze:
        made = [sa.Column(field.key, column_type_of(field))]
    return made


def column_type_of(field: FieldDefinition) -> Any:
    """The column type that holds a frozen formula's value."""
    value = field_types.get(field.type).value_type(field)
    by_kind: dict[str, Any] = {
        "boolean": columns.Flag,
        "date": columns.Day,
        "datetime": columns.Instant,
        "number": columns.Scaled(value.scale),
    }
    return by_kind.get(value.kind.value, columns.Text)


def _index_links(table: sa.Table, form: FormDefinition) -> None:
    for each in form.fields:
        if each.type == "link":
            sa.Index(_index_name(table, each.key), table.c[each.key])
        column = f"{each.key}__ci" if f"{each.key}__ci" in table.c else each.key
        if each.unique and column in table.c:  # what has no column is refused by the checks
            sa.Index(_index_name(table, f"{each.key}_u"), table.c[column], unique=True)
    sa.Index(_index_name(table, "updated_at"), table.c.updated_at)
    sa.Index(_index_name(table, "batch"), table.c.batch)


def _index_name(table: sa.Table, suffix: str) -> str:
    name = f"i_{table.name}_{suffix}"
    if len(name) <= 60:
        return name
    return f"i_{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _row_tables(metadata: sa.MetaData, form: FormDefinition) -> dict[str, FormTables]:
    made = {}
    for each in form.fields:
        if not each.has_rows:
            continue
        rows = row_form(form, each)
        table = sa.Table(
            physical_name(form.key, each.key),
            metadata,
            sa.Column("id", columns.BigInt, primary_key=True),
            sa.Column("parent", columns.BigInt, nullable=False),
            sa.Column("position", columns.BigInt, nullable=False),
            *_columns(rows),
            sqlite_strict=True,
        )
        sa.Index(_index_name(table, "parent"), table.c.parent, table.c.position)
        for child in each.fields:
            if child.type == "link":
                sa.Index(_index_name(table, child.key), table.c[child.key])
        made[each.key] = FormTables(table, {}, {})
    return made


def _side_tables(metadata: sa.MetaData, form: FormDefinition) -> dict[str, sa.Table]:
    made = {}
    for each in form.fields:
        if each.has_side:
            table = sa.Table(
                physical_name(form.key, each.key),
                metadata,
                sa.Column("value", columns.Text, primary_key=True),
                sa.Column("record", columns.BigInt, primary_key=True),
                sqlite_strict=True,
                sqlite_with_rowid=False,
            )
            sa.Index(_index_name(table, "record"), table.c.record, table.c.value)
            made[each.key] = table
    return made


def all_tables(tables: FormTables) -> list[sa.Table]:
    """Every table of one form."""
    rows = [table for child in tables.rows.values() for table in all_tables(child)]
    return [tables.main, *rows, *tables.sides.values()]


def bring_up(uow: UnitOfWork, tables: FormTables) -> None:
    """Create what the database lacks: tables, columns, indexes. Never drops or changes."""
    inspector = sa.inspect(uow.connection)
    present = set(inspector.get_table_names())
    for table in all_tables(tables):
        if table.name not in present:
            table.create(uow.connection)
            continue
        have = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in have:
                ddl.patiently(uow, partial(_add_column, table.name, column))
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        missing = [index for index in table.indexes if index.name not in indexes]
        # over many rows it would hold the writers up; those are made beside them, in a job
        is_large = bool(missing) and rows_about(uow, table) > SMALL
        for index in missing:
            if index.unique or not is_large:
                index.create(uow.connection)


def _add_column(table: str, column: sa.Column[Any], operations: Operations) -> None:
    operations.add_column(table, _detached(column))


def rows_about(uow: UnitOfWork, table: sa.Table) -> int:
    """About how many rows a table has; the highest id costs nothing to read."""
    by = table.c.id if "id" in table.c else table.c.record
    return uow.scalar(sa.select(sa.func.max(by))) or 0


def _detached(column: sa.Column[Any]) -> sa.Column[Any]:
    default = column.server_default
    value = getattr(default, "arg", None)
    return sa.Column(column.name, column.type, server_default=value)
