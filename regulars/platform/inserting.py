"""Inserts that leave rows alone which are already there, in one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from regulars.platform.bulk import FEW, ForEach
from regulars.platform.db import UnitOfWork
from regulars.platform.spreading import Spread, side_by_side


def insert_new(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], returning: str
) -> list[Any]:
    """Insert the rows that break no unique rule; column ``returning`` of those that went in.

    Every row names the same columns. Whoever loses a race inserts nothing and sees it here.
    """
    if not rows:
        return []
    if uow.dialect == "postgresql" and len(rows) >= FEW:
        spread = _spreading(table, tuple(rows[0]), (), returning, uow.connection.dialect)
        return list(spread.run(uow, rows).scalars())
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    statement = build(table).on_conflict_do_nothing().returning(table.c[returning])
    return list(uow.execute(statement, [dict(row) for row in rows]).scalars())


@lru_cache(maxsize=500)
def _spreading(
    table: sa.Table, names: tuple[str, ...], changing: tuple[str, ...], returning: str | None,
    dialect: Dialect,
) -> Spread:  # fmt: skip
    kinds = {name: table.c[name].type for name in names}
    given = side_by_side(kinds)
    insert = postgresql.insert(table).from_select(
        list(names), sa.select(*given.c), include_defaults=False
    )
    statement: Any = _on_conflict(insert, table, changing)
    if returning is not None:
        statement = statement.returning(table.c[returning])
    return Spread.of(statement, kinds, dialect)


def _on_conflict(insert: Any, table: sa.Table, changing: Sequence[str]) -> Any:
    if not changing:
        return insert.on_conflict_do_nothing()
    keys = [column.name for column in table.primary_key.columns]
    fresh = {name: insert.excluded[name] for name in changing}
    return insert.on_conflict_do_update(index_elements=keys, set_=fresh)


def upsert(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: Sequence[str]
) -> None:
    """Insert rows; where the primary key is taken, set the ``changing`` columns instead.

    Every row names the same columns.
    """
    if rows:
        _put(uow, table, rows, tuple(changing))


def insert_missing(uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`insert_new` for whoever does not ask which rows went in."""
    if rows:
        _put(uow, table, rows, ())


def _put(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: tuple[str, ...]
) -> None:
    names = tuple(rows[0])
    if uow.dialect == "postgresql" and len(rows) >= FEW:
        spread = _spreading(table, names, changing, None, uow.connection.dialect)
        spread.run(uow, _each_once(table, rows, changing))
    else:
        _putting(table, names, changing).run(uow, rows)


def _each_once(
    table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: Sequence[str]
) -> Sequence[Mapping[str, Any]]:
    """No row twice, which one statement could not change twice; the later word holds."""
    if not changing:
        return rows
    keys = [column.name for column in table.primary_key.columns]
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in keys)
        first = found.get(key)
        found[key] = row if first is None else {**first, **{n: row[n] for n in changing}}
    return list(found.values())


@lru_cache(maxsize=500)
def _putting(table: sa.Table, names: tuple[str, ...], changing: tuple[str, ...]) -> ForEach:
    def build(dialect: str) -> sa.Executable:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        given = {name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
        statement: sa.Executable = _on_conflict(insert(table).values(given), table, changing)
        return statement

    return ForEach(build, prefix="v_")
