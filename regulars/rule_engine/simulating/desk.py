"""Simulations in the running product: what a doorbell answers, what the ticker looks after."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Invalid
from regulars.platform.ids import new_token
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.simulating.keeping import JOB, settle
from regulars.rule_engine.simulating.simulate import simulate
from regulars.rule_engine.simulating.span import Span, Wish
from regulars.rule_engine.simulating.tables import simulation

LONGEST = 3600  # seconds one answer may take
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
TELL_SECONDS = 1.0

log = logging.getLogger(__name__)


class SimulationDesk:
    """Every workspace's simulations in one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def job(self) -> JobKind:
        """What a worker may be asked to do."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("simulations", lambda _now: self.answer(), job=JOB, is_due=self.is_due),)

    def answer(self) -> None:
        """Take up whatever waits."""
        for workspace in list_workspaces(self.database):
            while self.work_on(workspace):
                pass

    def is_due(self, now: datetime) -> bool:
        """Whether a simulation waits anywhere, or was left by whoever worked on it."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                due = uow.scalar(sa.select(sa.func.min(simulation.c.due_at)))
            if due is not None and due <= now:
                return True
        return False

    def work_on(self, workspace: Workspace) -> bool:
        """Do one simulation that waits; False when there is none."""
        row = self._claim(workspace)
        if row is None:
            return False
        work = _Work(self.database, workspace, row)
        try:
            work.do()
        except Invalid as invalid:
            problems = [
                {"path": p.path, "code": p.code, "params": dict(p.params)}
                for p in invalid.problems
            ]
            work.fail(problems)
        except Exception:
            log.exception("Simulation %s failed.", row.id)
            if row.attempts >= MOST_ATTEMPTS:
                work.fail([{"path": "", "code": "simulation-failed", "params": {}}])
        return True

    def _claim(self, workspace: Workspace) -> Any:
        token = new_token(12)
        with self.database.workspace_tx(workspace) as uow:
            row = uow.execute(
                simulation.select()
                .where(simulation.c.due_at <= uow.now)
                .order_by(simulation.c.due_at, simulation.c.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            over = row.attempts >= MOST_ATTEMPTS
            values: dict[str, Any] = {
                "token": token, "attempts": row.attempts + 1,
                "state": "failed" if over else "running",
                "due_at": None if over else uow.now + LEASE,
            }  # fmt: skip
            taken = simulation.update().where(simulation.c.id == row.id).values(**values)
            return uow.execute(taken.returning(*simulation.columns)).one()


class _Work:
    def __init__(self, database: Database, workspace: Workspace, row: Any) -> None:
        self.database = database
        self.workspace = workspace
        self.row = row
        self._told_at = time.monotonic()

    def do(self) -> None:
        """Simulate, and keep what came of it."""
        span = Span.last(self.row.days, self.row.end_at, self.workspace.tz)
        wish = Wish(self.row.body["rule"], span, tuple(map(tuple, self.row.body["drafts"])))
        found = simulate(
            self.database, self.workspace, wish, locale=self.row.locale, progress=self.tell
        )
        with self.database.workspace_tx(self.workspace) as uow:
            held = sa.select(simulation.c.id).where(
                simulation.c.id == self.row.id, simulation.c.token == self.row.token
            )
            if uow.execute(held.with_for_update()).first() is not None:
                settle(uow, self.row.id, wish, found)

    def tell(self, done: float) -> None:
        """Note how far it is, about once a second, and keep the lease."""
        if time.monotonic() - self._told_at < TELL_SECONDS:
            return
        self._told_at = time.monotonic()
        with self.database.workspace_tx(self.workspace) as uow:
            self._set(uow, {"progress": int(done * 1000), "due_at": uow.now + LEASE})

    def fail(self, problems: list[dict[str, Any]]) -> None:
        """It cannot be done, and why."""
        with self.database.workspace_tx(self.workspace) as uow:
            ended = {"state": "failed", "due_at": None, "token": None, "finished_at": uow.now}
            self._set(uow, {**ended, "problems": problems})

    def _set(self, uow: Any, values: dict[str, Any]) -> None:
        uow.execute(
            simulation.update()
            .where(simulation.c.id == self.row.id, simulation.c.token == self.row.token)
            .values(**values)
        )
