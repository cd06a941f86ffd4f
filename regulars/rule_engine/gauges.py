"""What monitoring is told of rules and channels: counts by workspace, never a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.backlog import messages_under_way, runs_under_way
from regulars.rule_engine.circuits import circuits_of
from regulars.rule_engine.pace import LATELY, sent_since, steps_since
from regulars.rule_engine.tables import outbound, run

DAY = timedelta(days=1)
OPEN = ("live", "stuck", "queued", "sending", "unknown")
"""States that count however old they are."""

Counts = dict[tuple[str, ...], float]
NAMES = (
    "messages", "rule_messages", "rule_runs", "rule_steps_per_second", "messages_per_second",
    "circuit_failures", "sending_stopped",
)  # fmt: skip


def gauges_of_rules(database: Database) -> Mapping[str, Counts]:
    """The figures of every workspace in use, by the labels that `metrics` declares."""
    found: dict[str, Counts] = {name: {} for name in NAMES}
    for place in list_workspaces(database):
        with database.workspace_tx(place, write=False) as uow:
            _count(uow, found["messages"], outbound, outbound.c.channel)
            _count(uow, found["rule_messages"], outbound, outbound.c.rule)
            _count(uow, found["rule_runs"], run, run.c.rule)
            for rule, (steps, _failed) in steps_since(uow).items():
                found["rule_steps_per_second"][place.key, rule] = _per_second(steps)
            for channel, n in sent_since(uow).items():
                found["messages_per_second"][place.key, channel] = _per_second(n)
            for way, row in circuits_of(uow).items():
                found["circuit_failures"][place.key, way] = row.failures
            found["sending_stopped"][place.key,] = float(find_hold(uow) is not None)
    return found


def _per_second(n: int) -> float:
    return n / LATELY.total_seconds()


def _count(uow: UnitOfWork, into: Counts, table: sa.Table, by: Any) -> None:
    name = sa.func.coalesce(by, "")  # no index by name: it would be read from end to end
    for where in _lately(uow, table):
        counted = sa.select(name, table.c.status, sa.func.count()).select_from(table).where(where)
        for label, status, n in uow.execute(counted.group_by(name, table.c.status)):
            place = (uow.workspace.key, label, status)
            into[place] = into.get(place, 0.0) + float(n)


def _lately(uow: UnitOfWork, table: sa.Table) -> Iterator[sa.ColumnElement[bool]]:
    """What was made within a day, and what is not over yet; the logs of years are not read."""
    yield sa.and_(
        table.c.id >= _first_since(uow, table, uow.now - DAY), table.c.status.not_in(OPEN)
    )
    if table is run:
        yield from (runs_under_way(), run.c.status == "stuck")
    else:
        yield from (messages_under_way(), outbound.c.status == "unknown")


def _first_since(uow: UnitOfWork, table: sa.Table, since: datetime) -> int:
    """The number of the first row made since then, or one more than the last row's: rows are
    numbered in the order they are made."""
    newest = uow.scalar(sa.select(sa.func.max(table.c.id)))
    if newest is None:
        return 0
    low, high = 0, int(newest) + 1
    while low < high:
        middle = (low + high) // 2
        at = sa.select(table.c.id, table.c.created_at).where(table.c.id >= middle)
        row = uow.execute(at.order_by(table.c.id).limit(1)).one()
        if row.created_at < since:
            low = row.id + 1
        else:
            high = middle
    return low
