"""Inserts that leave rows alone which are already there, in one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from regulars.platform.bulk import FEW, Converter, ForEach, converted, converter_of
from regulars.platform.db import UnitOfWork


def insert_new(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], returning: str
) -> list[Any]:
    """Insert the rows that break no unique rule; column ``returning`` of those that went in.

    Every row names the same columns. Whoever loses a race inserts nothing and sees it here.
    """
    if not rows:
        return []
    if uow.dialect == "postgresql" and len(rows) >= FEW:
        return _insert_spread(uow, table, rows, returning)
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    statement = build(table).on_conflict_do_nothing().returning(table.c[returning])
    return list(uow.execute(statement, [dict(row) for row in rows]).scalars())


def _insert_spread(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], returning: str
) -> list[Any]:
    """`insert_new` with one array per column: a statement of one shape for any number of rows."""
    names = tuple(rows[0])
    text, converters = _spreading(table, names, returning, uow.connection.dialect)
    given = {
        f"v_{name}": list(converted(*convert, [row[name] for row in rows]))
        for name, convert in zip(names, converters, strict=True)
    }
    return list(uow.connection.exec_driver_sql(text, given).scalars())


@lru_cache(maxsize=500)
def _spreading(
    table: sa.Table, names: tuple[str, ...], returning: str, dialect: Dialect
) -> tuple[str, list[tuple[Converter, bool]]]:
    kinds = [table.c[name].type for name in names]
    arrays = [
        sa.bindparam(f"v_{name}", type_=postgresql.ARRAY(kind))
        for name, kind in zip(names, kinds, strict=True)
    ]
    spread = sa.func.unnest(*arrays).table_valued(*names).render_derived()
    statement = (
        postgresql.insert(table)
        .from_select(list(names), sa.select(*spread.c), include_defaults=False)
        .on_conflict_do_nothing()
        .returning(table.c[returning])
    )
    return str(statement.compile(dialect=dialect)), [converter_of(kind, dialect) for kind in kinds]


def upsert(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: Sequence[str]
) -> None:
    """Insert rows; where the primary key is taken, set the ``changing`` columns instead.

    Every row names the same columns.
    """
    if rows:
        _putting(table, tuple(rows[0]), tuple(changing)).run(uow, rows)


def insert_missing(uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`insert_new` for whoever does not ask which rows went in."""
    if rows:
        _putting(table, tuple(rows[0]), ()).run(uow, rows)


@lru_cache(maxsize=500)
def _putting(table: sa.Table, names: tuple[str, ...], changing: tuple[str, ...]) -> ForEach:
    def build(dialect: str) -> sa.Executable:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        given = {name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
        statement = insert(table).values(given)
        if not changing:
            return statement.on_conflict_do_nothing()
        keys = [column.name for column in table.primary_key.columns]
        fresh = {name: statement.excluded[name] for name in changing}
        return statement.on_conflict_do_update(index_elements=keys, set_=fresh)

    return ForEach(build, prefix="v_")
