"""What publishing a rule does, in the transaction that publishes it.

People who are inside of an older version stay there, unless the owner says otherwise afterwards:
`settle_inside` moves them to the same step of the new version, or ends their runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns, jobs
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.errors import NotFound
from regulars.platform.inserting import insert_new
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import PinnedRule, book_of, pinned_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.scans import skip_backlog
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.tables import rule_state, run

JOB = "rules"
STILL_NOW = timedelta(hours=1)  # a campaign published so long after its moment goes out at once
INSIDE = ("finish", "move", "stop")
"""What becomes of people inside an older version."""


def rules_published(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """Start new rules; people who match a clock rule already are backlog and do not fire.

    A rule that is paused stays paused. With ``"backlog": "enrol"`` the people who match enter at
    the next look.
    """
    for key in keys:
        rule: Rule = after.get("rule", key)
        _ensure_state(uow, key, _just_before(uow, rule))
        if is_clock_rule(rule) and before.find("form", rule.subject) is not None:
            pinned = PinnedRule.of(rule, after.version("rule", key), after)
            by_day = rule.entry.per_day if rule.entry.backlog == "enrol" else None
            if rule.entry.backlog == "skip" or by_day is not None:
                skip_backlog(uow, pinned)
            else:
                _take_up(uow, key)
            _note_share(uow, key, by_day)
    uow.after_commit(jobs.ringer(JOB))


def _take_up(uow: UnitOfWork, key: str) -> None:
    """Forget who was left out: all of them who still fit come in at the next look."""
    uow.execute(run.delete().where(run.c.rule == key, run.c.status == "skipped"))


def _note_share(uow: UnitOfWork, key: str, per_day: int | None) -> None:
    """How many of the backlog enter on each day from now on; None: no more of them."""
    values = {"enrol_per_day": per_day, "enrolled_on": None}
    uow.execute(rule_state.update().where(rule_state.c.rule == key).values(**values))


def is_clock_rule(rule: Rule) -> bool:
    """Whether a rule looks over everybody, so that there can be a backlog."""
    return rule.trigger.on == "scan" and not (rule.is_mirror or rule.is_report)


def _just_before(uow: UnitOfWork, rule: Rule) -> datetime:
    """Since when schedules count. What was to go out once, just now, still does."""
    schedule = Schedule.of(rule.trigger)
    if schedule is None or schedule.once is None:
        return uow.now
    missed = schedule.latest(uow.now - STILL_NOW, uow.now, uow.workspace.tz)
    return uow.now if missed is None else missed - timedelta(seconds=1)


def _ensure_state(uow: UnitOfWork, key: str, fired_to: datetime) -> None:
    row = {
        "rule": key, "state": "active", "changed_at": uow.now, "changed_by": "system",
        "fired_to": fired_to, "history_to": uow.database.clock(),
    }  # fmt: skip
    made = insert_new(uow, rule_state, [row], "rule")
    if not made:
        uow.execute(
            rule_state.update()
            .where(rule_state.c.rule == key, rule_state.c.state == "archived")
            .values(state="active", changed_at=uow.now, fired_to=fired_to)
        )


def inside_older(uow: UnitOfWork, key: str) -> int:
    """How many people are inside of a version before the newest."""
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        return 0
    older = (run.c.rule == key, run.c.status == "live", run.c.version < pinned.version)
    found: int = uow.scalar(sa.select(sa.func.count()).select_from(run).where(*older))
    return found


def inside_now(uow: UnitOfWork, key: str) -> int:
    """How many people are inside of any version: those a new one would find in an older."""
    live = (run.c.rule == key, run.c.status == "live")
    found: int = uow.scalar(sa.select(sa.func.count()).select_from(run).where(*live))
    return found


def why_stopped(uow: UnitOfWork, key: str) -> dict[str, Any] | None:
    """Why a rule paused itself; None for one that runs or that somebody paused."""
    found: dict[str, Any] | None = uow.scalar(
        sa.select(rule_state.c.reason).where(rule_state.c.rule == key)
    )
    return found


def settle_inside(uow: UnitOfWork, access: Access, key: str, choice: str) -> int:
    """What the owner wants for people inside older versions; how many it concerned.

    ``finish``: they end what they began. ``stop``: they are out. ``move``: they go on in the new
    version where the step they are at still exists; the others, and those inside a loop, finish.
    """
    access.require("edit_rules")
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        raise NotFound("no-rule", key=key)
    older = (run.c.rule == key, run.c.version < pinned.version)
    if choice == "stop":
        told = {"code": "rule-replaced", "by": access.name}
        return len(end_runs(uow, older, "replaced", told))
    return _move(uow, pinned, older) if choice == "move" else 0


def stop_everyone(uow: UnitOfWork, access: Access, key: str) -> int:
    """End every live run of a rule now; how many."""
    access.require("run_rules")
    told = {"code": "stopped-by-hand", "by": access.name}
    return len(end_runs(uow, [run.c.rule == key], "stopped_by_hand", told))


def _move(uow: UnitOfWork, pinned: PinnedRule, older: Sequence[Any]) -> int:
    """Fenced like a merge: a step being done on an old run finds its lease lost."""
    places = uow.execute(
        sa.select(run.c.version, run.c.cursor)
        .where(*older, run.c.status == "live", run.c.loops.is_(None))
        .group_by(run.c.version, run.c.cursor)
    ).all()
    held = run.c.token.is_not(None)
    now = sa.literal(uow.now, columns.Instant())
    moved = 0
    for version, cursor in places:
        path = _same_step(uow, pinned, version, cursor)
        if path is not None:
            moved += uow.execute(
                run.update()
                .where(
                    run.c.rule == pinned.rule.key, run.c.version == version,
                    run.c.cursor == cursor, run.c.status == "live", run.c.loops.is_(None),
                )
                .values(
                    version=pinned.version, cursor=path, token=None,
                    due_at=sa.case((held, now), else_=run.c.due_at),
                )
            ).rowcount  # fmt: skip
    return moved


def _same_step(
    uow: UnitOfWork, pinned: PinnedRule, version: int, cursor: str | None
) -> str | None:
    """Where the step that somebody is at stands now; None when there is none of its kind."""
    before = pinned_rule(uow, pinned.rule.key, version)
    step = before.steps.get(cursor or "") if before is not None else None
    there = pinned.rule.step_called(step.id) if step is not None else None
    return there.path if there is not None and step is not None and there.do == step.do else None
