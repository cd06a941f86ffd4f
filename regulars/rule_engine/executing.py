"""Doing the due steps of runs in batches: claim, do, and move on, all or nothing.

A step's effects on our own data, its line in the trace, the message it queues and the move of the
cursor are one transaction; a worker that lost its lease finds nothing to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.ids import new_token
from regulars.rule_engine import leases
from regulars.rule_engine.book import is_active
from regulars.rule_engine.breaking import mind_failures
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.marching import march
from regulars.rule_engine.matching import Recent
from regulars.rule_engine.pace import tally
from regulars.rule_engine.patience import is_about_the_store, patiently
from regulars.rule_engine.sight import read_ahead
from regulars.rule_engine.tables import run
from regulars.rule_engine.walking import Walker, live_run

BATCH = 200
SUSPECT_AFTER = 3
SLICE_SECONDS = 1.0  # how long one transaction may go on taking further runs

log = logging.getLogger(__name__)


def execute_due(
    database: Database, workspace: Workspace, now: Now, *, limit: int = BATCH,
    lease: timedelta = LEASE,
) -> int:  # fmt: skip
    """Do the due steps of up to ``limit`` runs; how many runs were claimed.

    Something unforeseen in one run undoes the whole batch, which is then done run by run, so that
    only that run is put off.
    """
    token = new_token(12)
    with database.workspace_tx(workspace, now=now()) as uow:
        ids = _claim(uow, token, limit, lease)
    if not ids:
        return 0
    faultpoint("run-claimed")
    batch = Batch(database, workspace, now, token)
    try:
        patiently(lambda: batch.work_on(ids, careful=False))
    except Exception as error:
        if is_about_the_store(error):
            raise
        log.exception("Something unforeseen: this batch of runs is done one by one.")
        for run_id in ids:
            patiently(lambda only=run_id: batch.work_on([only], careful=True))  # type: ignore[misc]
    faultpoint("run-committed")
    return len(ids)


def _claim(uow: UnitOfWork, token: str, limit: int, lease: timedelta) -> list[int]:
    """Lease due runs. One that may have killed its worker is done alone, after all others."""
    where = (run.c.status == "live", is_active(run.c.rule))
    reason = {"code": "worker-died"}
    stuck = {"status": "stuck", "outcome": "stuck", "due_at": None, "finished_at": uow.now,
             "reason": reason}  # fmt: skip
    leases.give_up(uow, run, where=where, values=stuck)
    sound, suspect = run.c.attempts < SUSPECT_AFTER, run.c.attempts >= SUSPECT_AFTER
    claimed = leases.claim_fairly(uow, run, token, limit, where=(*where, sound), lease=lease)
    return claimed or leases.claim(uow, run, token, 1, where=(*where, suspect), lease=lease)


@dataclass(frozen=True)
class Batch:
    """Claimed runs of one workspace."""

    database: Database
    workspace: Workspace
    now: Now
    token: str

    def work_on(self, ids: Sequence[int], *, careful: bool) -> None:
        """Take runs through their steps in one transaction, as far as they are still ours."""
        with self.database.workspace_tx(self.workspace, now=self.now()) as uow:
            place = {run_id: position for position, run_id in enumerate(ids)}
            rows = leases.held(uow, run, self.token, ids)
            rows.sort(key=lambda row: place[row.id])
            walker = Walker(
                uow, known=read_ahead(uow, rows), recent=Recent(uow), careful=careful
            )  # fmt: skip
            until = time.monotonic() + SLICE_SECONDS
            _give_back(uow, self.token, march(walker, [live_run(row) for row in rows], until))
            tally(uow, rows, walker.effects.traces)
            walker.effects.write(uow)
            mind_failures(uow, walker.failed)
            faultpoint("run-before-commit")


def _give_back(uow: UnitOfWork, token: str, ids: Sequence[int]) -> None:
    """Those there was no time for wait as they did."""
    if ids:
        uow.execute(
            run.update()
            .where(run.c.token == token, run.c.id.in_(ids))
            .values(token=None, due_at=uow.now, attempts=run.c.attempts - 1)
        )
