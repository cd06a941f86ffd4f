"""Inserts that leave rows alone which are already there, in one statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from regulars.platform.db import UnitOfWork

CHUNK = 500


def insert_new(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], returning: str
) -> list[Any]:
    """Insert the rows that break no unique rule; column ``returning`` of those that went in.

    Every row names the same columns. Whoever loses a race inserts nothing and sees it here.
    """
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    found: list[Any] = []
    for start in range(0, len(rows), CHUNK):
        chunk = [dict(row) for row in rows[start : start + CHUNK]]
        statement = (
            build(table).values(chunk).on_conflict_do_nothing().returning(table.c[returning])
        )
        found += uow.execute(statement).scalars().all()
    return found


def upsert(
    uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]], changing: Sequence[str]
) -> None:
    """Insert rows; where the primary key is taken, set the ``changing`` columns instead."""
    build = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key.columns]
    for start in range(0, len(rows), CHUNK):
        statement = build(table).values([dict(row) for row in rows[start : start + CHUNK]])
        fresh = {name: statement.excluded[name] for name in changing}
        uow.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh))
