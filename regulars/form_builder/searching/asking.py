"""Which records may hold the words of a search; the condition itself then has the last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects import postgresql

from regulars.form_builder.searching.grams import asked_by
from regulars.form_builder.searching.postings import Indexed, indexed_in
from regulars.form_builder.searching.tables import BLOCK, search_change, search_gram
from regulars.platform import columns
from regulars.platform.db import UnitOfWork

MOST = 5000
"""With more records than this in question, many hold the words: a list finds them by itself."""

_Found = Mapping[tuple[int, str], Mapping[int, BitMap]]


def candidates(
    uow: UnitOfWork, table: sa.Table, fields: Mapping[str, str], words: Sequence[str]
) -> tuple[int, ...] | None:
    """The ids of the few records that may hold the words; None where the index cannot tell.

    ``fields`` are the keys and types of the text fields that are searched, ``words`` are folded.
    """
    known = {each.field: each for each in indexed_in(uow, table.name)}
    used = [known[key] for key, kind in fields.items() if key in known and known[key].kind == kind]
    if len(used) < len(fields) or not words:
        return None
    # what is not in the index yet comes first: it may be in it when the bitmaps are read
    young = _young(uow, table, min(each.upto for each in used))
    found = _candidates(uow, used, words) if len(young) <= MOST else None
    return None if found is None else tuple(sorted({*found, *young}))


def latest(
    uow: UnitOfWork, table: sa.Table, fields: Mapping[str, str], word: str
) -> tuple[int, ...] | None:
    """The ids of the latest records that may hold one word; None where there is no index."""
    known = {each.field: each for each in indexed_in(uow, table.name)}
    used = [known[key] for key in fields if key in known]
    if len(used) < len(fields):
        return None
    young = _young(uow, table, min(each.upto for each in used))
    asked, ids = asked_by(word), [each.id for each in used]
    found = _load(uow, ids, set(asked))
    numbers = list(young[:MOST])
    for block in sorted({block for each in found.values() for block in each}, reverse=True):
        hits = _of_block(found, block, ids, [asked])
        numbers += [block * BLOCK + place for place in reversed(hits)]
        if len(numbers) > MOST:
            break
    return tuple(sorted(set(numbers[:MOST])))


def among(dialect: str, column: Any, name: str = "among") -> Any:
    """Whether an id is one of those in the parameter of this name."""
    if dialect == "postgresql":
        kind = postgresql.ARRAY(sa.BigInteger)
        return column == sa.func.any(sa.bindparam(name, type_=kind))
    listed = sa.func.json_each(sa.bindparam(name, type_=columns.Json))
    each = listed.table_valued(sa.column("value", columns.BigInt))
    return column.in_(sa.select(each.c.value))


def _young(uow: UnitOfWork, table: sa.Table, upto: int) -> list[int]:
    """Records that the index does not know as they are now."""
    changed = sa.select(search_change.c.about).where(search_change.c.place == table.name)
    later = sa.select(table.c.id).where(table.c.id > upto)
    return list(uow.execute(sa.union_all(changed, later).limit(MOST + 1)).scalars())


def _candidates(
    uow: UnitOfWork, used: Sequence[Indexed], words: Sequence[str]
) -> list[int] | None:
    """The records in which each word may stand in some field; None when there are too many."""
    asked = {word: asked_by(word) for word in words}
    grams = {gram for some in asked.values() for gram in some}
    found = _load(uow, [each.id for each in used], grams)
    blocks = {block for each in found.values() for block in each}
    numbers: list[int] = []
    for block in sorted(blocks):
        hits = _of_block(found, block, [each.id for each in used], list(asked.values()))
        numbers += [block * BLOCK + place for place in hits]
        if len(numbers) > MOST:
            return None
    return numbers


def _load(uow: UnitOfWork, fields: Sequence[int], grams: set[str]) -> _Found:
    statement = sa.select(search_gram).where(
        search_gram.c.field.in_(fields), search_gram.c.gram.in_(sorted(grams))
    )
    found: dict[tuple[int, str], dict[int, BitMap]] = {}
    for field, gram, block, stored in uow.execute(statement):
        found.setdefault((field, gram), {})[block] = BitMap.deserialize(stored)
    return found


def _of_block(
    found: _Found, block: int, fields: Sequence[int], words: Sequence[Sequence[str]]
) -> BitMap:
    nothing: Mapping[int, BitMap] = {}
    hits = []
    for grams in words:
        somewhere = BitMap()
        for field in fields:
            maps = [found.get((field, gram), nothing).get(block) for gram in grams]
            there = [each for each in maps if each is not None]
            if len(there) == len(maps):
                somewhere |= BitMap.intersection(*there)
        hits.append(somewhere)
    return BitMap.intersection(*hits)
