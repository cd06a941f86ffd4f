"""Whether the search index says what the records say: one slice of one form at a time."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from pyroaring import BitMap

from regulars.form_builder.linking import chunks
from regulars.form_builder.searching.postings import (
    Indexed,
    bitmaps_of,
    block_of,
    indexed_in,
    load,
)
from regulars.form_builder.searching.tables import BLOCK, search_change
from regulars.platform.db import UnitOfWork


def unlike(
    uow: UnitOfWork, table: sa.Table, after: int, to: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(field, ids) whose texts are not in the index as they are, or that are gone and still in."""
    for each in indexed_in(uow, table.name):
        column = table.c.get(each.column)
        last = min(to, each.upto)
        if column is None or last <= after:
            continue
        wrong: set[int] = set()
        for block in range(block_of(after + 1), block_of(last) + 1):
            first = max(after + 1, block * BLOCK)
            wrong |= _of_block(
                uow, each, table.c.id, column, first, min(last, (block + 1) * BLOCK - 1)
            )
        known = _changed(uow, table, wrong)
        yield each.field, tuple(sorted(wrong - known))


def _of_block(
    uow: UnitOfWork,
    each: Indexed,
    ids: sa.Column[int],
    column: sa.Column[str],
    first: int,
    last: int,
) -> set[int]:
    block = block_of(first)
    asked = BitMap(range(first % BLOCK, last % BLOCK + 1))
    chosen = sa.select(ids, column).where(ids >= first, ids <= last)
    wanted = bitmaps_of(each, ((row[0], row[1]) for row in uow.execute(chosen)))
    wrong = BitMap()
    for gram, records in load(uow, each.id, block):
        wrong |= (records & asked) ^ wanted.pop(gram, BitMap())
    for missing in wanted.values():
        wrong |= missing
    return {block * BLOCK + place for place in wrong}


def _changed(uow: UnitOfWork, table: sa.Table, ids: set[int]) -> set[int]:
    """Which of these changed since and will be looked at anyway."""
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        here = search_change.c.place == table.name, search_change.c.about.in_(some)
        found.update(uow.execute(sa.select(search_change.c.about).where(*here)).scalars())
    return found
