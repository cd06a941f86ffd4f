"""When a shop comes to keep the time of another zone, waits that end by the clock on its wall end
when that clock shows the same again; waits of so many hours and instants stay where they are.

The store notes the zone that its waits were worked out in, so a change is noticed whoever made it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.store_notes import read_note, write_note
from regulars.rule_engine.book import pinned_rule
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.definition import Step
from regulars.rule_engine.durations import Length, at_local, read_clock
from regulars.rule_engine.tables import LIVE, run

_NOTE = "waits-zone"
_LENGTHS = {"wait": "for", "wait_for": "timeout"}
_KINDS = (*_LENGTHS, "wait_until")

log = logging.getLogger(__name__)


def has_moved(uow: UnitOfWork) -> bool:
    """Whether waits were worked out in another zone than the shop's, or nobody has noted which."""
    return read_note(uow.connection, _NOTE) != uow.workspace.zone


def turn_clocks(database: Database, workspace: Workspace, now: Now) -> int:
    """Bring every wait to the shop's zone, all together so that none moves twice; how many did."""
    with database.workspace_tx(workspace, now=now()) as uow:
        before = read_note(uow.connection, _NOTE)
        if before == workspace.zone:
            return 0
        moved = [] if before is None else list(_moved(uow, ZoneInfo(str(before))))
        if moved:
            own: dict[str, Any] = {
                name: sa.bindparam(f"to_{name}") for name in ("due_at", "meant_at")
            }
            uow.connection.execute(
                run.update().where(run.c.id == sa.bindparam("own")).values(own), moved
            )
            log.info("%s waits moved from %s to %s.", len(moved), before, workspace.zone)
        faultpoint("zone-moved")
        write_note(uow.connection, _NOTE, workspace.zone, now=uow.now)
    return len(moved)


def _moved(uow: UnitOfWork, before: ZoneInfo) -> Iterator[dict[str, Any]]:
    now = sa.literal(uow.now, columns.Instant())
    waiting = uow.execute(
        sa.select(run.c.id, run.c.rule, run.c.version, run.c.cursor, run.c.due_at).where(
            LIVE, run.c.wait_kind.in_(_KINDS), run.c.token.is_(None),
            run.c.due_at > now, run.c.due_at == run.c.meant_at,
        )
    ).all()  # fmt: skip
    for row in waiting:
        pinned = pinned_rule(uow, row.rule, row.version)
        step = pinned.steps.get(row.cursor) if pinned is not None else None
        if step is not None and _is_by_the_wall(step, row.due_at, before):
            wall = row.due_at.astimezone(before).replace(tzinfo=None)
            to = at_local(wall, uow.workspace.tz)
            yield {"own": row.id, "to_due_at": to, "to_meant_at": to}


def _is_by_the_wall(step: Step, until: datetime, zone: ZoneInfo) -> bool:
    """Whether a wait was to end at a time of day, and not after hours or at an instant."""
    own = step.settings
    if step.do in _LENGTHS:
        return Length.from_json(own[_LENGTHS[step.do]]).unit not in ("minute", "hour")
    if "window" in own or "formula" not in own:
        return True
    return until.astimezone(zone).time() == read_clock(own.get("at", "00:00"))
