"""Starting a rule for many records at once: counted first, all of them now or so many a day.

Who waits for a day of theirs stands among the runs as left out, under an entry key of this start;
`let_in_waiting` takes them up, the oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import RecordQuery, scope_conditions
from regulars.form_builder.records import find_ids
from regulars.platform import jobs
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.ids import new_token
from regulars.platform.problems import Problem
from regulars.rule_engine.book import PinnedRule, active_rules, book_of
from regulars.rule_engine.entering import Candidate, Entries, enter, revive
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.releasing import MOST_A_DAY
from regulars.rule_engine.scans import PAGE, table_of
from regulars.rule_engine.service import fitting, whole_rule
from regulars.rule_engine.tables import rule_state, run

MOST = 100_000
BY_HAND = "manual:"


@dataclass(frozen=True)
class Chosen:
    """Which records: those ticked, or (None) every one of a list with this filter and words."""

    records: Sequence[int] | None = None
    filter: Mapping[str, Any] | None = None
    words: str = ""


@dataclass(frozen=True)
class StartCount:
    """What starting would do: ``asked`` records, of whom ``would`` start.

    ``busy`` are in the rule already, ``unfit`` do not meet its condition: for a whole list it
    holds, whatever starts the rule.
    """

    asked: int
    would: int
    busy: int
    unfit: int


@dataclass(frozen=True)
class Started:
    """What starting did: ``entered`` now, ``waiting`` for a day of theirs, ``held`` by reason."""

    entered: int
    waiting: int
    busy: int
    held: Mapping[str, int]


@dataclass(frozen=True)
class _Sorted:
    asked: int
    fit: list[int]
    busy: int
    unfit: int


def count_start(uow: UnitOfWork, access: Access, key: str, chosen: Chosen) -> StartCount:
    """Whom starting the rule for these would concern. Nothing is written."""
    access.require("run_rules")
    found = _sorted(uow, access, _journey(uow, key), chosen)
    return StartCount(found.asked, len(found.fit), found.busy, found.unfit)


def start_many(
    uow: UnitOfWork, access: Access, key: str, chosen: Chosen, *, per_day: int | None = None
) -> Started:
    """Start the rule for these records: all now, or ``per_day`` of them on each day from today.

    Without ``per_day`` the share that the rule itself keeps for its backlog holds. Conflict for a
    rule that is paused.
    """
    access.require("run_rules")
    pinned = _journey(uow, key)
    share = per_day if per_day is not None else pinned.rule.entry.per_day
    if share is not None and not 1 <= share <= MOST_A_DAY:
        raise Invalid([Problem("per_day", "out-of-range", {"least": 1, "most": MOST_A_DAY})])
    if key not in active_rules(uow):
        raise Conflict("rule-paused", rule=pinned.rule.label)
    found = _sorted(uow, access, pinned, chosen)
    name = f"{BY_HAND}{new_token(8)}"
    waits = share is not None and len(found.fit) > share
    total = _enter(uow, pinned, name, found.fit, waits=waits)
    if waits:
        _queue(uow, key, name, share)
    told = {"asked": found.asked, "started": len(found.fit), "per_day": share if waits else None}
    audit.note(uow, access, "rule-started", key, after=told)
    uow.after_commit(jobs.ringer(JOB))
    held = {"does-not-fit": found.unfit, **total.held} if found.unfit else total.held
    entered = len(total.entered)
    return Started(0 if waits else entered, entered if waits else 0, found.busy, held)


def let_in_waiting(uow: UnitOfWork, key: str, limit: int) -> int:
    """Start the rule for those who wait since somebody started it for many; how many."""
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        return 0
    rows = uow.execute(
        sa.select(run.c.record, run.c.entry_key)
        .where(
            run.c.rule == key, run.c.form == pinned.rule.subject, run.c.status == "skipped",
            run.c.entry_key.startswith(BY_HAND),
        )
        .order_by(run.c.id)
        .limit(limit)
    )  # fmt: skip
    waiting = [Candidate(record, name, uow.now) for record, name in rows]
    done = revive(uow, pinned, waiting)
    if done:
        uow.after_commit(jobs.ringer(JOB))
    return len(done)


def _journey(uow: UnitOfWork, key: str) -> PinnedRule:
    pinned = whole_rule(uow, key)
    if pinned.rule.is_mirror:
        raise Conflict("mirror-has-no-runs", rule=pinned.rule.label)
    return pinned


def _sorted(uow: UnitOfWork, access: Access, pinned: PinnedRule, chosen: Chosen) -> _Sorted:
    there = _there(uow, access, pinned, chosen)
    busy: set[int] = set()
    for some in chunks(sorted(there)):
        live = sa.select(run.c.record).where(
            run.c.rule == pinned.rule.key, run.c.form == pinned.rule.subject,
            run.c.status == "live", run.c.record.in_(some),
        )  # fmt: skip
        busy.update(uow.execute(live).scalars())
    fit = fitting(uow, pinned, there - busy)
    return _Sorted(len(there), sorted(fit), len(busy), len(there) - len(busy) - len(fit))


def _there(uow: UnitOfWork, access: Access, pinned: PinnedRule, chosen: Chosen) -> set[int]:
    """The chosen records that this actor may read."""
    if chosen.records is None:
        query = RecordQuery(filter=chosen.filter, search=chosen.words or None)
        found = find_ids(uow, access, pinned.rule.subject, query, most=MOST + 1)
        if len(found) > MOST:
            raise Invalid([Problem("filter", "too-many-records", {"limit": MOST})])
        return set(found)
    if len(chosen.records) > MOST:
        raise Invalid([Problem("records", "too-many-records", {"limit": MOST})])
    table = table_of(pinned)
    scope = scope_conditions(uow, access, pinned.catalog, pinned.rule.subject, table, "read")
    seen: set[int] = set()
    for some in chunks(sorted(set(chosen.records))):
        mine = sa.select(table.c.id).where(table.c.id.in_(some), *scope)
        seen.update(uow.execute(mine).scalars())
    return seen


def _enter(
    uow: UnitOfWork, pinned: PinnedRule, name: str, records: Sequence[int], *, waits: bool
) -> Entries:
    total = Entries()
    for some in chunks(records, PAGE):
        candidates = [Candidate(each, name, uow.now) for each in some]
        entries = enter(uow, pinned, candidates, skipped=waits)
        total.entered += entries.entered
        for reason, n in entries.held.items():
            total.held[reason] = total.held.get(reason, 0) + n
    return total


def _queue(uow: UnitOfWork, key: str, name: str, share: int | None) -> None:
    mine = (run.c.rule == key, run.c.entry_key == name, run.c.status == "skipped")
    uow.execute(run.update().where(*mine).values(reason={"code": "waits-for-turn"}))
    values = {"enrol_per_day": share, "enrolled_on": None}
    uow.execute(rule_state.update().where(rule_state.c.rule == key).values(**values))
