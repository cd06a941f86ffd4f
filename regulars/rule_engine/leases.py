"""Taking due rows for a while: whoever holds the token may finish them, a late comer cannot.

A lease is the pair ``token`` and ``due_at``, on the database's clock. A process that dies lets it
run out; one that wakes up too late finds its token gone and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork
from regulars.platform.prepared import send
from regulars.platform.updating import update_each

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 10  # the condition of the indexes ``…_worn_out`` as well
FRESH = 4  # one in so many places of a batch is for what has just fallen due
_EPOCH_DAY_JULIAN = 2440587.5
_DAY_MICROSECONDS = 86_400_000_000
_BACK_OFF = (5, 15, 60, 300, 900, 3600)


Change = tuple[int, dict[str, Any]]
"""The id of a leased row, and the columns to set."""


class LeaseLost(Exception):
    """Somebody else has taken the row over; what was done with it must not be kept."""


def database_clock(uow: UnitOfWork) -> Any:
    """The database's own clock, as an expression comparable with instants."""
    if uow.dialect == "postgresql":
        return sa.func.clock_timestamp()
    days = sa.func.julianday("now") - _EPOCH_DAY_JULIAN
    return sa.cast(days * _DAY_MICROSECONDS, sa.Integer)


def read_database_clock(uow: UnitOfWork) -> datetime:
    """What the database's clock shows."""
    shown = sa.type_coerce(database_clock(uow), columns.Instant())
    found: datetime = uow.scalar(sa.select(shown))
    return found


def claim(  # noqa: PLR0913 - which rows, how many, for how long
    uow: UnitOfWork, table: sa.Table, token: str, limit: int, *, where: Sequence[Any],
    lease: timedelta = LEASE, newest: bool = False,
) -> list[int]:  # fmt: skip
    """Lease up to ``limit`` due rows of ``table``, longest due (or ``newest``) first; their ids.

    A row without a token is due when ``due_at`` has come by the meaning of "now"; a leased one
    when its lease is over by the database's clock. The attempt is counted before any work, so
    that work which kills its worker comes to an end.
    """
    clock = read_database_clock(uow)
    chosen = (
        sa.select(table.c.id)
        .where(*where, is_due(uow, table, clock))
        .order_by(*_order(table, newest=newest))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with _in_index_order(uow):
        ids = list(uow.execute(chosen).scalars())
    if ids:
        uow.execute(
            table.update()
            .where(table.c.id.in_(ids))
            .values(token=token, due_at=clock + lease, attempts=table.c.attempts + 1)
        )
    return ids


def claim_fairly(
    uow: UnitOfWork, table: sa.Table, token: str, limit: int, *, where: Sequence[Any],
    lease: timedelta = LEASE,
) -> list[int]:  # fmt: skip
    """The longest due, and some of the newest: nobody waits behind a hundred thousand others."""
    fresh = limit // FRESH
    old = claim(uow, table, token, limit - fresh, where=where, lease=lease)
    if not fresh or len(old) < limit - fresh:
        return old
    # they come first: if time runs out, those that have waited anyway are given back
    return claim(uow, table, token, fresh, where=where, lease=lease, newest=True) + old


@contextmanager
def _in_index_order(uow: UnitOfWork) -> Iterator[None]:
    """PostgreSQL, which at the height of a burst thinks of few rows, would fetch and sort them all
    for the first two hundred; the index has them in order."""
    if uow.dialect != "postgresql":
        yield
        return
    send(uow.connection, "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
    yield
    send(
        uow.connection,
        "SET LOCAL enable_bitmapscan TO DEFAULT; SET LOCAL enable_sort TO DEFAULT",
    )


def _order(table: sa.Table, *, newest: bool) -> tuple[Any, Any]:
    if newest:
        return table.c.due_at.desc(), table.c.id.desc()
    return table.c.due_at, table.c.id


def is_due(uow: UnitOfWork, table: sa.Table, clock: datetime) -> sa.ColumnElement[bool]:
    """The condition of rows that may be taken now; ``clock`` is the database's."""
    free = sa.and_(table.c.token.is_(None), table.c.due_at <= uow.now)
    left = sa.and_(table.c.token.is_not(None), table.c.due_at <= clock)
    return sa.and_(table.c.due_at <= max(clock, uow.now), sa.or_(free, left))


def give_up(
    uow: UnitOfWork, table: sa.Table, *, where: Sequence[Any], values: dict[str, Any]
) -> None:
    """End due rows that have killed their worker too often, without touching them again.

    They are found by an index of their own: every claim asks, however much is due. SQLite knows
    it by the very words of its condition, hence the number stands in the statement.
    """
    most: Any = sa.bindparam("most", MAX_ATTEMPTS, literal_execute=True)
    worn_out = table.c.attempts >= most
    due = is_due(uow, table, read_database_clock(uow))
    uow.execute(table.update().where(*where, worn_out, due).values(token=None, **values))


def lease_end(uow: UnitOfWork, lease: timedelta = LEASE) -> datetime:
    """When a lease taken or renewed now runs out."""
    return read_database_clock(uow) + lease


def held(uow: UnitOfWork, table: sa.Table, token: str, ids: Sequence[int]) -> list[Any]:
    """The rows among ``ids`` that this token still holds, locked until the commit."""
    rows = uow.execute(
        table.select()
        .where(table.c.id.in_(ids), table.c.token == token)
        .order_by(table.c.id)
        .with_for_update()
    )
    return list(rows)


def keep(uow: UnitOfWork, table: sa.Table, row_id: int, token: str, values: Any) -> None:
    """Write what became of a leased row; LeaseLost when the token is not ours any more."""
    kept = uow.execute(
        table.update().where(table.c.id == row_id, table.c.token == token).values(**values)
    )
    if kept.rowcount != 1:
        raise LeaseLost(f"{table.name} {row_id}")


def keep_many(uow: UnitOfWork, table: sa.Table, token: str, changes: Sequence[Change]) -> None:
    """Write what became of rows that this transaction has just seen (`held`) to be ours."""
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row_id, values in changes:
        given = {f"v_{name}": value for name, value in values.items()}
        grouped.setdefault(tuple(values), []).append({"b_id": row_id, "b_token": token, **given})
    for rows in grouped.values():
        update_each(uow, table, rows)


def back_off(attempts: int, row_id: int) -> timedelta:
    """How long until the next try; rows that failed together do not come back together."""
    base = _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]
    jitter = (row_id * 2654435761 % 1000) / 1000
    return timedelta(seconds=base * (0.75 + jitter / 2))
