"""Inserts that leave rows alone which are already there, in one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from regulars.platform.db import UnitOfWork


def insert_new(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], returning: str
) -> list[Any]:
    """Insert the rows that break no unique rule; column ``returning`` of those that went in.

    Every row names the same columns. Whoever loses a race inserts nothing and sees it here.
    """
    if not rows:
        return []
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    statement = build(table).on_conflict_do_nothing().returning(table.c[returning])
    return list(uow.execute(statement, [dict(row) for row in rows]).scalars())


def upsert(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: Sequence[str]
) -> None:
    """Insert rows; where the primary key is taken, set the ``changing`` columns instead."""
    if not rows:
        return
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key.columns]
    statement = build(table)
    fresh = {name: statement.excluded[name] for name in changing}
    changed = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
    uow.execute(changed, [dict(row) for row in rows])
