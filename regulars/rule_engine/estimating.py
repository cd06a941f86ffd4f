"""How many fit, from a sample, when counting everybody takes too long. Nothing is written.

Records are picked by number, evenly at random, the same ones each time, so that the figure does
not jump about while somebody writes a condition.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from regulars.form_builder.linking import chunks
from regulars.platform.db import UnitOfWork
from regulars.platform.time_limits import OutOfTime, TimeLimit

Exactness = Literal["exact", "about", "fewer", "unknown"]

PICKED = 4000
_WELL_FOUNDED = 100  # hits: from so many on two digits mean something
_NONE_SEEN = 3  # hits that a sample without any could have had, in one case of twenty


@dataclass(frozen=True)
class Estimate:
    """How many fit and what that is worth (see `counting.Matches`); some who do, newest first."""

    count: int
    exactness: Exactness
    hits: Sequence[int] = ()


UNKNOWN = Estimate(0, "unknown")


def estimate(uow: UnitOfWork, table: sa.Table, where: Sequence[Any], limit: TimeLimit) -> Estimate:
    """How many rows of ``table`` meet ``where``, from at most `PICKED` numbers looked at."""
    ends = sa.select(sa.func.min(table.c.id), sa.func.max(table.c.id))
    try:
        first, last = tuple(limit.rows(uow, ends)[0])
    except OutOfTime:
        return UNKNOWN
    if first is None:
        return Estimate(0, "exact")
    span = last - first + 1
    picked = _picked(first, last)
    seen, hits = 0, list[int]()
    for some in chunks(picked, 500):
        fitting = sa.select(table.c.id).where(table.c.id.in_(some), *where)
        try:
            hits += [row[0] for row in limit.rows(uow, fitting)]
        except OutOfTime:
            break
        seen += len(some)
    return _told(span, seen, sorted(hits, reverse=True))


def _picked(first: int, last: int) -> list[int]:
    span = range(first, last + 1)
    return random.Random(0).sample(span, min(PICKED, len(span)))  # noqa: S311 - repeatable, no secret


def _told(span: int, seen: int, hits: Sequence[int]) -> Estimate:
    if not seen:
        return UNKNOWN
    if seen == span:
        return Estimate(len(hits), "exact", hits)
    if not hits:
        return Estimate(_rounded(_NONE_SEEN * span / seen, 1), "fewer")
    digits = 2 if len(hits) >= _WELL_FOUNDED else 1
    return Estimate(_rounded(len(hits) * span / seen, digits), "about", hits)


def _rounded(number: float, digits: int) -> int:
    return int(float(f"{number:.{digits - 1}e}"))
