"""Doing the due steps of runs: claim, do, and move on, all or nothing per run.

A step's effects on our own data, its line in the trace, the message it queues and the move of the
cursor are one transaction; a worker that lost its lease rolls all of it back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.ids import new_token
from regulars.platform.inserting import upsert
from regulars.rule_engine import leases
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import PinnedRule, pinned_rule
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.definition import Step, first_path, path_after
from regulars.rule_engine.leases import LEASE, LeaseLost
from regulars.rule_engine.matching import find_event
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.steps.base import (
    Answer,
    Done,
    End,
    LiveRun,
    Rest,
    StepFailed,
    StepWork,
    step_kinds,
)
from regulars.rule_engine.tables import rule_state, run, run_step

BATCH = 200
MOST_STEPS_AT_ONCE = 100
SLICE_SECONDS = 1.0  # how long one transaction may go on taking further runs

log = logging.getLogger(__name__)


def execute_due(
    database: Database, workspace: Workspace, now: Now, *, limit: int = BATCH,
    lease: timedelta = LEASE,
) -> int:  # fmt: skip
    """Do the due steps of up to ``limit`` runs; how many runs were claimed."""
    token = new_token(12)
    with database.workspace_tx(workspace, now=now()) as uow:
        ids = _claim(uow, token, limit, lease)
    if not ids:
        return 0
    faultpoint("run-claimed")
    with database.workspace_tx(workspace, now=now()) as uow:
        rows = leases.held(uow, run, token, ids)
        until = time.monotonic() + SLICE_SECONDS
        for position, row in enumerate(rows):
            if time.monotonic() > until:
                _give_back(uow, token, rows[position:])
                break
            _one(uow, row)
            faultpoint("run-mid")
        faultpoint("run-before-commit")
    faultpoint("run-committed")
    return len(ids)


def _claim(uow: UnitOfWork, token: str, limit: int, lease: timedelta) -> list[int]:
    active = sa.select(rule_state.c.rule).where(rule_state.c.state == "active")
    where = (run.c.status == "live", run.c.rule.in_(active))
    uow.execute(
        run.update()
        .where(*where, run.c.attempts >= leases.MAX_ATTEMPTS, run.c.due_at <= uow.now)
        .values(status="stuck", token=None, due_at=None, outcome="stuck", finished_at=uow.now)
    )
    return leases.claim(uow, run, token, limit, where=where, lease=lease)


def _give_back(uow: UnitOfWork, token: str, rows: Sequence[Any]) -> None:
    uow.execute(
        run.update()
        .where(run.c.token == token, run.c.id.in_([row.id for row in rows]))
        .values(token=None, due_at=uow.now, attempts=run.c.attempts - 1)
    )


def _one(uow: UnitOfWork, row: Any) -> None:
    """Move one run on; a step that fails is undone and noted, the steps before it stay done."""
    live = live_run(row)
    try:
        with uow.savepoint():
            _advance(uow, live)
    except LeaseLost:
        log.info("Run %s was taken over by another worker.", row.id)


def _advance(uow: UnitOfWork, live: LiveRun) -> None:
    pinned = pinned_rule(uow, live.rule, live.version)
    if pinned is None:
        _failed(uow, live, None, StepFailed("rule-gone"))
        return
    sight = RunSight(uow, live.form, live.record, live.context)
    if not sight.is_there:
        _finish(uow, live, "record_deleted", {"code": "record-gone"})
        return
    resumed = live.wait_kind is not None
    if resumed and _left_by_exit(uow, pinned, live):
        return
    _walk(uow, pinned, live, sight, resumed=resumed)


def _walk(
    uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, sight: RunSight, *, resumed: bool
) -> None:
    """Do steps until the run rests, ends or fails, and write down where it stands."""
    for _ in range(MOST_STEPS_AT_ONCE):
        step = pinned.steps.get(live.cursor or "")
        if step is None:
            _finish(uow, live, "finished", None)
            return
        answer = _try(uow, pinned, live, sight, step, resumed=resumed)
        if isinstance(answer, StepFailed):
            _failed(uow, live, step, answer)
            return
        if isinstance(answer, Rest):
            _rest(uow, live, answer)
            return
        if isinstance(answer, End):
            _finish(uow, live, answer.outcome, None)
            return
        _move(uow, pinned, live, step, answer)
        resumed = False
    _failed(uow, live, None, StepFailed("too-many-steps"))


def _try(
    uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, sight: RunSight, step: Step, *,
    resumed: bool,
) -> Answer | StepFailed:  # fmt: skip
    """Do one step; what it wrote before it failed is undone."""
    known, seq, seen = dict(live.context), live.seq, live.seen_event
    try:
        with uow.savepoint():
            return perform(uow, pinned, live, sight, step, resumed=resumed)
    except sa.exc.OperationalError:
        raise
    except StepFailed as error:
        failure = error
    except Exception as error:
        log.exception("A step of run %s failed; it is tried again.", live.id)
        told = f"{type(error).__name__}: {error}"[:300]
        failure = StepFailed("step-error", permanent=False, error=told)
    live.context.clear()
    live.context.update(known)
    live.seq, live.seen_event = seq, seen
    sight.forget()
    return failure


def perform(
    uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, sight: RunSight, step: Step, *,
    resumed: bool,
) -> Answer:  # fmt: skip
    """Do one step and write its line of the trace."""
    work = StepWork(
        uow, system_access(uow.workspace.locale), pinned.rule, live, step,
        pinned.scopes[step.path], sight, resumed,
    )  # fmt: skip
    answer = step_kinds.get(step.do).perform(work)
    _trace(uow, live, step, answer, work.seen)
    return answer


def live_run(row: Any) -> LiveRun:
    """A run in hand, from its row."""
    return LiveRun(
        id=row.id, rule=row.rule, version=row.version, form=row.form, record=row.record,
        status=row.status, cursor=row.cursor, iteration=row.iteration, meant_at=row.meant_at,
        wait_kind=row.wait_kind, seen_event=row.seen_event, anchor_at=row.anchor_at,
        attempts=row.attempts, context=dict(row.context), trigger_event=row.trigger_event,
        arm=row.arm, chain=tuple(row.chain), entered_at=row.entered_at, token=row.token,
        seq=row.seq,
    )  # fmt: skip


def _left_by_exit(uow: UnitOfWork, pinned: PinnedRule, live: LiveRun) -> bool:
    """Before going on after a wait: has something happened meanwhile that ends the run?"""
    for each in pinned.rule.exits:
        found = find_event(uow, [each.trigger], live, live.entered_at)
        if found is not None:
            told = {"code": "exit", "on": each.trigger.on, "event": found}
            end_runs(uow, [run.c.id == live.id], each.outcome, told)
            return True
    return False


def _move(uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, step: Step, answer: Done) -> None:
    block = step.blocks.get(answer.then or "", ())
    live.cursor = first_path(block) or path_after(pinned.rule, step.path)
    if live.wait_kind is None and answer.outcome == "done":
        live.anchor_at = uow.now
    live.wait_kind = None
    live.seen_event = None


def _rest(uow: UnitOfWork, live: LiveRun, answer: Rest) -> None:
    until = answer.until
    live.wait_kind = answer.kind
    live.meant_at = until
    _keep(uow, live, {"due_at": until, "reason": None})


def _finish(uow: UnitOfWork, live: LiveRun, outcome: str, reason: dict[str, Any] | None) -> None:
    ended = {"status": "done", "outcome": outcome, "due_at": None, "finished_at": uow.now}
    _keep(uow, live, {**ended, "reason": reason})


def _keep(uow: UnitOfWork, live: LiveRun, values: dict[str, Any]) -> None:
    leases.keep(
        uow, run, live.id, live.token or "",
        {
            "cursor": live.cursor, "wait_kind": live.wait_kind, "seen_event": live.seen_event,
            "anchor_at": live.anchor_at, "meant_at": live.meant_at, "context": live.context,
            "seq": live.seq, "token": None, "attempts": 0, **values,
        },
    )  # fmt: skip


def _failed(uow: UnitOfWork, live: LiveRun, step: Step | None, failure: StepFailed) -> None:
    """Note a failed step: for good, or until the next try."""
    worn_out = live.attempts >= leases.MAX_ATTEMPTS
    values: dict[str, Any] = {"reason": failure.reason, "attempts": live.attempts}
    if failure.permanent:
        values |= {"status": "failed", "outcome": "failed", "due_at": None}
    elif worn_out:
        values |= {"status": "stuck", "outcome": "stuck", "due_at": None}
    else:
        values["due_at"] = uow.now + leases.back_off(live.attempts, live.id)
    over = failure.permanent or worn_out
    _keep(uow, live, {**values, "finished_at": uow.now if over else None})
    if step is not None:
        _write_trace(
            uow, live.id, step, live.iteration, live.seq + 1, "failed" if over else "retrying",
            None, None, failure.reason, live.attempts,
        )  # fmt: skip


def _trace(
    uow: UnitOfWork, live: LiveRun, step: Step, answer: Answer, seen: dict[str, Any]
) -> None:
    live.seq += 1
    if isinstance(answer, Rest):
        outcome, output = "waiting", answer.output
    elif isinstance(answer, End):
        outcome, output = "done", {"outcome": answer.outcome}
    else:
        outcome, output = answer.outcome, answer.output
    _write_trace(
        uow, live.id, step, live.iteration, live.seq, outcome, seen or None, output, None,
        live.attempts,
    )  # fmt: skip


def _write_trace(  # noqa: PLR0913 - one argument per column
    uow: UnitOfWork, run_id: int, step: Step, iteration: int, seq: int, outcome: str,
    given: Any, output: Any, error: Any, attempts: int,
) -> None:  # fmt: skip
    over = None if outcome in ("waiting", "retrying") else uow.now
    row = {
        "run": run_id, "path": step.path, "iteration": iteration, "seq": seq, "step": step.id,
        "do": step.do, "outcome": outcome, "input": given, "output": output, "error": error,
        "attempts": attempts, "started_at": uow.now, "finished_at": over,
    }  # fmt: skip
    changing = ["outcome", "output", "error", "attempts", "finished_at"]
    upsert(uow, run_step, [row], changing if given is None else [*changing, "input"])
