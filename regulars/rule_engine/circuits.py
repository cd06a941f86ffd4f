"""Leaving a provider in peace that does not answer: one circuit per way out.

After several failures in a row nothing is handed to it for a while, longer each time; then a
single message tries. What waits keeps its attempts, and expires when its own time is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import upsert
from regulars.rule_engine.judging import in_json
from regulars.rule_engine.tables import circuit, outbound

FAILURES = 5
"""So many in a row, and the provider is left alone."""

_RESTS = (30, 60, 120, 300, 600, 900)
_COLUMNS = ("failures", "rests_until", "failed_at", "worked_at", "error")


@dataclass(frozen=True)
class Outcome:
    """What one call says about its way: it worked, or it failed for everybody.

    ``rest`` is how long the provider itself asks to be left alone; ``trip`` rests at once.
    """

    way: str
    worked: bool
    error: Mapping[str, Any] | None = None
    rest: timedelta | None = None
    trip: bool = False


def circuits_of(uow: UnitOfWork) -> dict[str, Any]:
    """Every way that has failed or rested, by its name."""
    return {row.way: row for row in uow.execute(circuit.select())}


def is_resting(row: Any, now: datetime) -> bool:
    """Whether nothing is to be handed to this way now."""
    return row is not None and row.rests_until is not None and row.rests_until > now


def is_on_trial(row: Any) -> bool:
    """Whether it rested and has not worked since: only one message tries."""
    return row is not None and row.failures >= FAILURES


def note_outcomes(uow: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
    """Write down how the calls of one round went."""
    if not outcomes:
        return
    known = circuits_of(uow)
    changed: dict[str, dict[str, Any]] = {}
    for each in outcomes:
        row = changed.get(each.way) or _values(each.way, known.get(each.way))
        changed[each.way] = _after(uow.now, row, each)
    fresh = [row for way, row in changed.items() if _differs(row, known.get(way))]
    upsert(uow, circuit, fresh, _COLUMNS)


def let_try_again(uow: UnitOfWork, ways: Sequence[str] | None = None) -> None:
    """End the rest of some ways (or all): an owner has mended something."""
    statement = circuit.update().values(failures=0, rests_until=None)
    uow.execute(statement if ways is None else statement.where(circuit.c.way.in_(ways)))


def expire_waiting(uow: UnitOfWork, *where: Any) -> int:
    """Messages behind a resting way whose own time is over are not sent any more."""
    late = uow.execute(
        sa.select(outbound.c.id, outbound.c.meant_at)
        .where(outbound.c.status == "queued", outbound.c.expires_at < uow.now, *where)
        .where(outbound.c.token.is_(None))
        .limit(500)
        .with_for_update(skip_locked=True)
    ).all()
    for row in late:
        told = {"code": "too-late", "meant_at": in_json(row.meant_at)}
        uow.execute(
            outbound.update()
            .where(outbound.c.id == row.id)
            .values(status="suppressed", reason=told, finished_at=uow.now)
        )
    return len(late)


def _values(way: str, row: Any) -> dict[str, Any]:
    if row is None:
        return {"way": way, "failures": 0, **dict.fromkeys(_COLUMNS[1:])}
    return {"way": way, **{name: getattr(row, name) for name in _COLUMNS}}


def _after(now: datetime, row: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    if outcome.worked:
        return {**row, "failures": 0, "rests_until": None, "worked_at": now, "error": None}
    failures = row["failures"] + 1
    if outcome.trip:
        failures = max(failures, FAILURES)
    rest = outcome.rest
    if failures >= FAILURES:
        rest = max(rest or timedelta(0), _rest(failures, outcome.way))
    until = None if rest is None else now + rest
    return {
        **row, "failures": failures, "rests_until": until, "failed_at": now,
        "error": None if outcome.error is None else dict(outcome.error),
    }  # fmt: skip


def _rest(failures: int, way: str) -> timedelta:
    """Longer with each failed trial; ways that broke together do not come back together."""
    base = _RESTS[min(failures - FAILURES, len(_RESTS) - 1)]
    jitter = crc32(f"{way}:{failures}".encode()) % 1000 / 1000
    return timedelta(seconds=base * (0.75 + jitter / 2))


def _differs(row: dict[str, Any], known: Any) -> bool:
    """A way that works and worked is not written again and again."""
    if known is None:
        return row["failures"] > 0 or row["rests_until"] is not None
    return row["failures"] > 0 or known.failures > 0 or known.rests_until is not None
