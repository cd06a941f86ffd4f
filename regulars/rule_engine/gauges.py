"""What monitoring is told of rules and channels: counts by workspace, never a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.circuits import circuits_of
from regulars.rule_engine.tables import outbound, run

DAY = timedelta(days=1)
Counts = dict[tuple[str, ...], float]


def gauges_of_rules(database: Database) -> Mapping[str, Counts]:
    """The figures of every workspace in use, by the labels that `metrics` declares."""
    found: dict[str, Counts] = {
        "messages": {}, "rule_messages": {}, "rule_runs": {}, "circuit_failures": {},
        "sending_stopped": {},
    }  # fmt: skip
    for place in list_workspaces(database):
        with database.workspace_tx(place, write=False) as uow:
            _count(uow, found["messages"], outbound, outbound.c.channel, _lately(outbound, uow))
            _count(uow, found["rule_messages"], outbound, outbound.c.rule, _lately(outbound, uow))
            _count(uow, found["rule_runs"], run, run.c.rule, _lately(run, uow))
            for way, row in circuits_of(uow).items():
                found["circuit_failures"][place.key, way] = row.failures
            found["sending_stopped"][place.key,] = float(find_hold(uow) is not None)
    return found


def _lately(table: sa.Table, uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Made within a day, or not over yet."""
    return sa.or_(
        table.c.created_at > uow.now - DAY,
        table.c.status.in_(("queued", "sending", "unknown", "live", "stuck")),
    )


def _count(uow: UnitOfWork, into: Counts, table: sa.Table, by: Any, where: Any) -> None:
    rows = uow.execute(
        sa.select(by, table.c.status, sa.func.count())
        .select_from(table)
        .where(where)
        .group_by(by, table.c.status)
    )
    for name, status, n in rows:
        into[uow.workspace.key, name, status] = float(n)
