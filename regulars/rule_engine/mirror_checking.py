"""A slow, rolling comparison of every mirror with its people, when there is nothing else to do.

Events keep mirrors right; should one ever have been missed, it heals here within a day or so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.mirror_following import active_mirrors, by_subject, refresh
from regulars.rule_engine.mirror_passes import differences_of
from regulars.rule_engine.mirrors import Cause
from regulars.rule_engine.tables import mirror_member, mirror_state

EVERY = timedelta(days=1)
SLICE = 1000  # people compared at a time

log = logging.getLogger(__name__)


def is_unchecked(uow: UnitOfWork) -> bool:
    """Whether a check is under way or due."""
    return bool(_due(uow))


def check_some(database: Database, workspace: Workspace, now: Now) -> int:
    """Compare the next people with the mirrors of their form; how many were not as they should be.

    What is found is put right as if the missed event came now.
    """
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        mirrors, place = _next(uow)
        if not mirrors:
            return 0
        records = _people(uow, mirrors, place)
        wrong = differences_of(uow, mirrors, records) if records else {}
    healed = 0
    with database.workspace_tx(workspace, now=now()) as uow:
        if wrong:
            found = sorted({turn.record for turns in wrong.values() for turn in turns})
            healed = refresh(uow, mirrors, found, Cause())
            log.warning("Mirrors %s had missed %s changes.", ", ".join(sorted(wrong)), healed)
        _note(uow, mirrors, records)
    return healed


def _due(uow: UnitOfWork) -> list[tuple[PinnedRule, Any]]:
    """Mirrors that have had their first look and were not compared for long, with their state."""
    mirrors = active_mirrors(uow)
    if not mirrors:
        return []
    states = {row.rule: row for row in uow.execute(mirror_state.select())}
    found = []
    for pinned in mirrors:
        state = states.get(pinned.rule.key)
        if state is None or state.version != pinned.version or state.as_of is None:
            continue
        if (state.checked_at or state.as_of) + EVERY <= uow.now:
            found.append((pinned, state))
    return found


def _next(uow: UnitOfWork) -> tuple[list[PinnedRule], int]:
    """Mirrors of one form, and behind which record they go on."""
    due = _due(uow)
    for mirrors in by_subject(pinned for pinned, _state in due):
        keys = {pinned.rule.key for pinned in mirrors}
        places = [state.checked_to or 0 for pinned, state in due if pinned.rule.key in keys]
        return mirrors, min(places)
    return [], 0


def _people(uow: UnitOfWork, mirrors: Sequence[PinnedRule], after: int) -> list[int]:
    """The next ids, of records and of members whose record is gone."""
    first = mirrors[0]
    table = first.catalog.tables[first.rule.subject].main
    keys = [pinned.rule.key for pinned in mirrors]
    some = [
        sa.select(column).where(column > after, *where).order_by(column).limit(SLICE)
        for column, where in (
            (table.c.id, ()), (mirror_member.c.record, (mirror_member.c.rule.in_(keys),)),
        )
    ]  # fmt: skip
    found = {record for each in some for record in uow.execute(each.distinct()).scalars()}
    return sorted(found)[:SLICE]


def _note(uow: UnitOfWork, mirrors: Sequence[PinnedRule], records: Sequence[int]) -> None:
    """How far the check is; one without further people is over."""
    is_over = len(records) < SLICE
    values = {"checked_to": None, "checked_at": uow.now} if is_over else {
        "checked_to": records[-1]
    }  # fmt: skip
    keys = [pinned.rule.key for pinned in mirrors]
    uow.execute(mirror_state.update().where(mirror_state.c.rule.in_(keys)).values(values))
