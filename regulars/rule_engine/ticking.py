"""The heartbeat of rules: note which schedules are due, then do all due work.

Everything here may be called by any number of processes at once, as often as they like.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from regulars.platform import jobs
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.platform.faultpoint import faultpoint
from regulars.platform.hold import find_hold
from regulars.platform.inserting import insert_new
from regulars.platform.tasks.service import any_overdue, tell_overdue
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.clocking import Now, fixed
from regulars.rule_engine.executing import execute_due
from regulars.rule_engine.ingest import ingest, retry_failures
from regulars.rule_engine.lanes import Lanes
from regulars.rule_engine.leases import LEASE, is_due, read_database_clock
from regulars.rule_engine.looking_over import due_mirrors, look_over_due
from regulars.rule_engine.patience import patiently
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.scans import fire_due, settle_history
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.sender import Lane, Route, due_lanes, send_due, send_some
from regulars.rule_engine.tables import fire, outbound, rule_state, run
from regulars.rule_engine.trickling import enrol_by_day

SLICE_SECONDS = 20.0  # how long one answer to the doorbell may take
ROUNDS = 100_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Done:
    """What a piece of work amounted to: rows taken in hand, by kind."""

    events: int = 0
    fires: int = 0
    mirrors: int = 0
    runs: int = 0
    messages: int = 0

    def __add__(self, other: Done) -> Done:
        return Done(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def is_nothing(self) -> bool:
        """Whether there was no due work at all."""
        return self == Done()


@dataclass(frozen=True)
class Engine:
    """The rule engine of one installation. ``lease`` is how long claimed work is kept."""

    database: Database
    surroundings: Surroundings
    lease: timedelta = LEASE

    def tick(self, now: datetime | None = None, workspace: Workspace | None = None) -> Done:
        """Do everything that is due: as of ``now``, or by the moving clock when it is None."""
        total = Done()
        for place in self._places([workspace] if workspace else None):
            total += self._tick_one(place, now)
        return total

    def _tick_one(self, workspace: Workspace, at: datetime | None) -> Done:
        now: Now = self.database.clock if at is None else fixed(at)
        settle_history(self.database, workspace, now, anyway=at is not None)
        plan_fires(self.database, workspace, now)
        remind(self.database, workspace, now)
        enrol_by_day(self.database, workspace, now)
        total = Done()
        for _ in range(ROUNDS):
            done = self.round(workspace, now, anyway=at is not None)
            if done.is_nothing:
                break
            total += done
        retry_failures(self.database, workspace, now)
        return total

    def drain(self, seconds: float = SLICE_SECONDS) -> bool:
        """Answer the doorbell: go round the workspaces until all is done; False: time was up.

        Each way out is sent along beside that; when time is up, only the calls in hand are waited
        for, and the work of the rules goes on meanwhile.
        """
        until = time.monotonic() + seconds
        places = self._places()
        with Lanes(self._send) as lanes:
            while places:
                done = [each for each in places if self._round_safely(each, lanes)]
                places = [each for each in places if each in done or lanes.is_busy(each)]
                if time.monotonic() > until:
                    lanes.close()
                    if not lanes.is_busy():
                        break
                if done:
                    lanes.give_way()
                else:
                    lanes.rest()
        return not places

    def _round_safely(self, workspace: Workspace, lanes: Lanes) -> bool:
        """One workspace in trouble does not hold up the others; its work stays due."""
        try:
            return self._round_live(workspace, lanes)
        except Exception:
            log.exception("The work of workspace %s could not be done.", workspace.id)
            return False

    def _round_live(self, workspace: Workspace, lanes: Lanes) -> bool:
        """One batch of each kind of work; whether there was any."""
        at = (self.database, workspace, self.database.clock)
        done = self._work(workspace, self.database.clock, anyway=False)
        due = patiently(lambda: due_lanes(*at, self.surroundings))
        started = [lanes.start(workspace, lane) for lane in due]
        return any(started) or not done.is_nothing

    def _send(self, workspace: Workspace, lane: Lane) -> int:
        """One batch of one lane."""
        at = (self.database, workspace, self.database.clock)
        return send_some(Route(*at, self.surroundings, lane), lease=self.lease)

    def round(self, workspace: Workspace, now: Now, *, anyway: bool) -> Done:
        """One batch of each kind of due work, messages included."""
        done = self._work(workspace, now, anyway=anyway)
        at = (self.database, workspace, now, self.surroundings)
        return done + Done(messages=patiently(lambda: send_due(*at, lease=self.lease)))

    def _work(self, workspace: Workspace, now: Now, *, anyway: bool) -> Done:
        at, lease = (self.database, workspace, now), self.lease
        return Done(
            patiently(lambda: ingest(*at)),
            patiently(lambda: fire_due(*at, lease=lease)),
            patiently(lambda: look_over_due(*at, anyway=anyway)),
            patiently(lambda: execute_due(*at, lease=lease)),
        )

    def plan(self, now: datetime) -> None:
        """Note every schedule that is due, and try once more what could not be digested."""
        for workspace in self._places():
            try:
                self._plan_one(workspace, fixed(now))
            except Exception:
                log.exception("The plan of workspace %s could not be made.", workspace.id)

    def _plan_one(self, workspace: Workspace, now: Now) -> None:
        for each in (settle_history, plan_fires, remind, enrol_by_day, retry_failures):
            each(self.database, workspace, now)

    def is_due(self, now: datetime) -> bool:
        """Whether there is anything to do at all."""
        return any(
            is_work_due(self.database, workspace, fixed(now)) for workspace in self._places()
        )

    def _places(self, wanted: Sequence[Workspace] | None = None) -> list[Workspace]:
        """The workspaces in which rules may run now: in use, and the brake is off."""
        known = list_workspaces(self.database) if wanted is None else wanted
        return [each for each in known if not self._is_held(each)]

    def _is_held(self, workspace: Workspace) -> bool:
        with self.database.workspace_tx(workspace, write=False) as uow:
            return find_hold(uow) is not None

    def answer(self) -> None:
        """What a worker does when the doorbell rings; it rings itself again when time was up."""
        if not self.drain():
            jobs.ring(JOB)
        faultpoint("K4")


def remind(database: Database, workspace: Workspace, now: Now) -> int:
    """Tell of tasks whose time has passed; how many are new."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        if not any_overdue(uow):
            return 0
    with database.workspace_tx(workspace, now=now()) as uow:
        return tell_overdue(uow)


def plan_fires(database: Database, workspace: Workspace, now: Now) -> int:
    """Write down the slots of schedules that have come; how many are new."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        passed = _passed(uow)
    if not passed:
        return 0
    faultpoint("C0")
    with database.workspace_tx(workspace, now=now()) as uow:
        made = 0
        for key, slots in _passed(uow).items():
            made += _note_slots(uow, key, slots)
            faultpoint("C2")
    faultpoint("C1")
    return made


def _passed(uow: UnitOfWork) -> dict[str, list[datetime]]:
    """Rules with slots since they were settled last, and the slots to work on (maybe none)."""
    states = {row.rule: row for row in uow.execute(rule_state.select())}
    zone = uow.workspace.tz
    found = {}
    for pinned, schedule in book_of(uow).scheduled:
        state = states.get(pinned.rule.key)
        if state is None or state.state != "active":
            continue
        if schedule.latest(state.fired_to, uow.now, zone) is not None:
            found[pinned.rule.key] = schedule.due(state.fired_to, uow.now, zone)
    return found


def _note_slots(uow: UnitOfWork, key: str, slots: list[datetime]) -> int:
    version = book_of(uow).rules[key].version
    rows = [
        {
            "rule": key, "version": version, "scheduled_for": slot, "state": "due",
            "due_at": slot, "attempts": 0, "created_at": uow.database.clock(),
        }
        for slot in slots
    ]  # fmt: skip
    made = insert_new(uow, fire, rows, "id")
    uow.execute(
        rule_state.update()
        .where(rule_state.c.rule == key, rule_state.c.fired_to < uow.now)
        .values(fired_to=uow.now)
    )
    return len(made)


def is_work_due(database: Database, workspace: Workspace, now: Now) -> bool:
    """Whether this workspace has anything to digest, fire, mirror, run or send."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        if _any(uow, event.c.processed_at.is_(None)) or _passed(uow):
            return True
        clock = read_database_clock(uow)
        for table, waiting in (
            (fire, fire.c.state == "due"),
            (run, run.c.status == "live"),
            (outbound, outbound.c.status.in_(("queued", "sending"))),
        ):
            active = table.c.rule.in_(active_rules(uow))
            due = is_due(uow, table, clock)
            if _any(uow, sa.and_(waiting, due, active)):
                return True
    return bool(due_mirrors(database, workspace, now, anyway=False))


def _any(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> bool:
    return bool(uow.scalar(sa.select(sa.exists().where(where))))


def next_fires(uow: UnitOfWork) -> dict[str, datetime]:
    """When each clock rule looks next."""
    active = active_rules(uow)
    book = book_of(uow)
    schedules = [(p.rule.key, s) for p, s in book.scheduled]
    schedules += [
        (p.rule.key, s) for p in book.mirrors if (s := Schedule.of(p.rule.trigger)) is not None
    ]
    zone = uow.workspace.tz
    known = {key: each.next(uow.now, zone) for key, each in schedules if key in active}
    return {key: at for key, at in known.items() if at is not None}
