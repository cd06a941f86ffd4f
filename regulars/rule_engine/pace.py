"""How fast rules work: a line for each batch of steps, kept for an hour, for monitoring only.

Lines are only ever added, so that workers do not wait for each other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import Database, UnitOfWork, Workspace, workspace_metadata
from regulars.platform.privacy.purposes import CHANNELS
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.tables import outbound

log = logging.getLogger(__name__)

LATELY = timedelta(minutes=5)
KEPT = timedelta(hours=1)

step_tally = sa.Table(
    "step_tally",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("rule", columns.Text, nullable=False),
    sa.Column("steps", columns.BigInt, nullable=False),
    sa.Column("failed", columns.BigInt, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
    info={"made_again": True},  # no backup needs it
)
sa.Index("step_tally_by_time", step_tally.c.at)


def tally(uow: UnitOfWork, runs: Iterable[Any], traces: Sequence[Mapping[str, Any]]) -> None:
    """Note the steps that a batch of ``runs`` has done, as their ``traces`` tell."""
    rule_of = {each.id: each.rule for each in runs}
    steps = Counter(rule_of[each["run"]] for each in traces)
    failed = Counter(rule_of[t["run"]] for t in traces if t["outcome"] in ("failed", "retrying"))
    rows = [
        {"rule": rule, "steps": n, "failed": failed[rule], "at": uow.now}
        for rule, n in steps.items()
    ]
    if rows:
        uow.execute(step_tally.insert(), rows)
    for row in rows:
        told = {name: row[name] for name in ("rule", "steps", "failed")}
        log.info("steps", extra={"fields": {"workspace": uow.workspace.id, **told}})


def has_old_paces(uow: UnitOfWork) -> bool:
    """Whether there are lines that are older than anybody asks for."""
    return bool(uow.scalar(sa.select(sa.exists().where(step_tally.c.at < uow.now - KEPT))))


def forget_paces(database: Database, workspace: Workspace, now: Now) -> int:
    """Remove them; how many."""
    with database.workspace_tx(workspace, now=now()) as uow:
        return uow.execute(step_tally.delete().where(step_tally.c.at < uow.now - KEPT)).rowcount


def steps_since(uow: UnitOfWork, span: timedelta = LATELY) -> dict[str, tuple[int, int]]:
    """Rule → how many steps it did within ``span``, and how many of them failed."""
    rows = uow.execute(
        sa.select(
            step_tally.c.rule, sa.func.sum(step_tally.c.steps), sa.func.sum(step_tally.c.failed)
        )
        .where(step_tally.c.at > uow.now - span)
        .group_by(step_tally.c.rule)
    )
    return {rule: (int(steps), int(failed)) for rule, steps, failed in rows}


def sent_since(uow: UnitOfWork, span: timedelta = LATELY) -> dict[str, int]:
    """Channel → how many messages left within ``span``; calls of programs, too."""
    rows = uow.execute(
        sa.select(outbound.c.channel, sa.func.count())
        .where(outbound.c.sending_at > uow.now - span)
        .group_by(outbound.c.channel)
    )
    return {channel: int(n) for channel, n in rows}


def people_reached(sent: Mapping[str, int]) -> int:
    """How many of these went to people."""
    return sum(n for channel, n in sent.items() if channel in CHANNELS)
