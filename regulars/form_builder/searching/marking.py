"""Telling the search index that records changed, in the transaction that changes them.

Records that are made need no telling: what is younger than the index is looked at anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from regulars.form_builder.searching.tables import search_change
from regulars.platform.bulk import insert_columns
from regulars.platform.db import UnitOfWork

FOLDED = "__ci"
_MEMO = "search-marked"


def mark(uow: UnitOfWork, table: sa.Table, ids: Iterable[int]) -> None:
    """The texts of these records are not what they were, or the records came or went."""
    fresh = sorted(set(ids))
    if not fresh:
        return
    known: dict[str, set[int]] = uow.memo.setdefault(_MEMO, {})
    known.setdefault(table.name, set()).update(fresh)
    insert_columns(
        uow, search_change,
        {"place": [table.name] * len(fresh), "about": fresh, "at": [uow.now] * len(fresh)},
    )  # fmt: skip


def mark_texts(
    uow: UnitOfWork, table: sa.Table, ids: Iterable[int], columns: Collection[str]
) -> None:
    """`mark` when one of the changed columns is a folded text."""
    if any(name.endswith(FOLDED) for name in columns):
        mark(uow, table, ids)


def marked(uow: UnitOfWork) -> dict[str, set[int]]:
    """What this transaction marked: the names of tables with ids of records."""
    found: dict[str, set[int]] = uow.memo.get(_MEMO, {})
    return found
