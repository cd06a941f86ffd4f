"""Runs that stand still: how many there are, and what people decide about them.

``stuck`` runs were tried in vain, ``failed`` ones could not be done. Somebody tries such a run
again, passes over the step it stands at, or ends it. Permission first, then the work, inside the
caller's transaction.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import pinned_rule
from regulars.rule_engine.definition import path_after
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.reach import require_seen, seen_rows
from regulars.rule_engine.tables import run

STANDING = ("stuck", "failed")
_GOES_ON: dict[str, Any] = {
    "status": "live", "outcome": None, "reason": None, "token": None, "attempts": 0,
    "finished_at": None,
}  # fmt: skip


def count_standing(uow: UnitOfWork, access: Access, rule: str | None = None) -> dict[str, int]:
    """How many runs are ``stuck`` and ``failed``, of one rule or of all."""
    where = seen_rows(uow, access, run)
    if rule is not None:
        where.append(run.c.rule == rule)
    counted = sa.select(sa.func.count()).select_from(run).where(*where)
    found = {status: uow.scalar(counted.where(run.c.status == status)) for status in STANDING}
    return {status: int(n) for status, n in found.items() if n}


def stop_run(uow: UnitOfWork, access: Access, run_id: int) -> None:
    """End one run now, under way or standing still; what it has queued is not sent."""
    _require(uow, access, run_id)
    uow.execute(
        run.update().where(run.c.id == run_id, run.c.status.in_(STANDING)).values(status="live")
    )
    told = {"code": "stopped-by-hand", "by": access.name}
    if not end_runs(uow, [run.c.id == run_id], "stopped_by_hand", told):
        raise Conflict("run-is-over", id=run_id)


def retry_run(uow: UnitOfWork, access: Access, run_id: int) -> None:
    """Take up a failed or stuck run again at the step where it stood."""
    _require(uow, access, run_id)
    _go_on(uow, run_id, {})


def retry_all(uow: UnitOfWork, access: Access, status: str, rule: str | None = None) -> int:
    """Take up every ``stuck`` or ``failed`` run again, of one rule or of all; how many."""
    access.require("run_rules")
    if status not in STANDING:
        raise Conflict("run-not-stuck", id=0)
    where = [run.c.status == status, *seen_rows(uow, access, run)]
    if rule is not None:
        where.append(run.c.rule == rule)
    ids = sa.select(run.c.id).where(*where)
    done = uow.execute(
        run.update().where(run.c.id.in_(ids)).values({**_GOES_ON, "due_at": uow.now})
    )
    uow.after_commit(jobs.ringer(JOB))
    return int(done.rowcount)


def pass_over(uow: UnitOfWork, access: Access, run_id: int) -> None:
    """Go on with a failed or stuck run behind the step where it stood, with all below it.

    Its line of the trace stays and says why it could not be done.
    """
    _require(uow, access, run_id)
    row = uow.execute(run.select().where(run.c.id == run_id)).one()
    pinned = pinned_rule(uow, row.rule, row.version)
    if row.status not in STANDING:
        raise Conflict("run-not-stuck", id=run_id)
    if pinned is None or row.cursor not in pinned.steps:
        raise Conflict("no-step-to-pass-over", id=run_id)
    loops = list(row.loops or ())
    left = [loop for loop in loops if loop["path"] == row.cursor]  # the loop itself is the step
    values = {
        "cursor": path_after(pinned.rule, row.cursor), "seq": row.seq + 1, "wait_kind": None,
        "seen_event": None, "loops": [loop for loop in loops if loop not in left] or None,
        "iteration": left[0]["outer"] if left else row.iteration,
    }  # fmt: skip
    _go_on(uow, run_id, values)


def _require(uow: UnitOfWork, access: Access, run_id: int) -> None:
    access.require("run_rules")
    require_seen(uow, access, run, run_id, "no-run")


def _go_on(uow: UnitOfWork, run_id: int, values: dict[str, Any]) -> None:
    done = uow.execute(
        run.update()
        .where(run.c.id == run_id, run.c.status.in_(STANDING))
        .values({**_GOES_ON, "due_at": uow.now, **values})
    )
    if not done.rowcount:
        raise Conflict("run-not-stuck", id=run_id)
    uow.after_commit(jobs.ringer(JOB))
