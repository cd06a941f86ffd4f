"""The heartbeat of rules: note which schedules are due, then do all due work.

Everything here may be called by any number of processes at once, as often as they like.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial

from regulars.platform import jobs
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.hold import find_hold
from regulars.platform.tasks.service import any_overdue, tell_overdue
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.clocking import Between, Now, fixed
from regulars.rule_engine.due_work import DueWork, find_due
from regulars.rule_engine.executing import BATCH, execute_due
from regulars.rule_engine.ingest import BATCH as EVENTS_AT_ONCE
from regulars.rule_engine.ingest import has_failures, ingest, retry_failures
from regulars.rule_engine.lanes import Lanes
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.lingering import has_events, next_event
from regulars.rule_engine.looking_over import look_over_some
from regulars.rule_engine.mirror_checking import check_some, is_unchecked
from regulars.rule_engine.pace import forget_paces, has_old_paces
from regulars.rule_engine.patience import patiently
from regulars.rule_engine.planning import has_slots, plan_fires
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.scans import fire_due, needs_settling, settle_history
from regulars.rule_engine.sender import Lane, Route, due_lanes, send_due, send_some
from regulars.rule_engine.trickling import enrol_by_day, has_shares
from regulars.rule_engine.zone_moves import has_moved, turn_clocks

SLICE_SECONDS = 20.0  # how long one answer to the doorbell may take
ROUNDS = 100_000
DIGEST_SECONDS = 1.0  # how long events come before everything else
IN_BRIEF = 40  # runs that take their steps between two pages of a long scan

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
        for place in [workspace] if workspace else list_workspaces(self.database):
            if not self._is_held(place):
                total += self._tick_one(place, now)
        return total

    def _is_held(self, workspace: Workspace) -> bool:
        with self.database.workspace_tx(workspace, write=False) as uow:
            return find_hold(uow) is not None

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
        places = list_workspaces(self.database)
        with Lanes(self._send) as lanes:
            while places:
                between = partial(self._in_brief, tuple(places), lanes)
                done = [each for each in places if self._round_safely(each, lanes, between)]
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

    def _round_safely(
        self, workspace: Workspace, lanes: Lanes, between: Between | None = None
    ) -> bool:
        """One workspace in trouble does not hold up the others; its work stays due."""
        try:
            return self._round_live(workspace, lanes, between)
        except Exception:
            log.exception("The work of workspace %s could not be done.", workspace.id)
            return False

    def _round_live(self, workspace: Workspace, lanes: Lanes, between: Between | None) -> bool:
        """One batch of each kind of work; whether there was any. Without ``between``: in brief."""
        at = (self.database, workspace, self.database.clock)
        due = self._look(workspace, self.database.clock, anyway=False)
        done = self._work(workspace, self.database.clock, due, between)
        if not (due.messages or done.runs):
            return not done.is_nothing
        ways = patiently(lambda: due_lanes(*at, self.surroundings))
        started = [lanes.start(workspace, lane) for lane in ways]
        return any(started) or not done.is_nothing

    def _in_brief(self, places: Sequence[Workspace], lanes: Lanes) -> None:
        """While one rule looks over everybody, what has just happened anywhere does not wait."""
        for workspace in places:
            self._round_safely(workspace, lanes)

    def _send(self, workspace: Workspace, lane: Lane) -> int:
        """One batch of one lane."""
        at = (self.database, workspace, self.database.clock)
        return send_some(Route(*at, self.surroundings, lane), lease=self.lease)

    def round(self, workspace: Workspace, now: Now, *, anyway: bool) -> Done:
        """One batch of each kind of due work, messages included."""

        def between() -> Done:
            return self._work(workspace, now, self._look(workspace, now, anyway=False), None)

        due = self._look(workspace, now, anyway=anyway)
        done = self._work(workspace, now, due, between)
        if not (due.messages or done.runs):
            return done
        at = (self.database, workspace, now, self.surroundings)
        return done + Done(messages=patiently(lambda: send_due(*at, lease=self.lease)))

    def _look(self, workspace: Workspace, now: Now, *, anyway: bool) -> DueWork:
        """What waits; nothing while the brake is on."""
        with self.database.workspace_tx(workspace, write=False, now=now()) as uow:
            return find_due(uow, anyway=anyway) or DueWork()

    def _work(
        self, workspace: Workspace, now: Now, due: DueWork, between: Between | None
    ) -> Done:  # fmt: skip
        """One batch of each kind that waits; steps also where something may just have begun.

        Without ``between`` only what has happened and what follows at once, a few at a time.
        """
        at, lease, done = (self.database, workspace, now), self.lease, Done()
        if due.events:
            done += Done(events=self._digest(workspace, now))
        if due.fires and between:
            done += Done(fires=patiently(lambda: fire_due(*at, lease=lease, between=between)))
        if due.mirrors and between:
            some = due.mirrors
            done += Done(mirrors=patiently(lambda: look_over_some(*at, some, between)))
        if due.runs or not done.is_nothing:
            limit = BATCH if between else IN_BRIEF
            done += Done(runs=patiently(lambda: execute_due(*at, lease=lease, limit=limit)))
        return done

    def _digest(self, workspace: Workspace, now: Now) -> int:
        """What has happened comes first: what follows from it must not pile up behind it."""
        total, until = 0, time.monotonic() + DIGEST_SECONDS
        while time.monotonic() < until:
            taken = patiently(lambda: ingest(self.database, workspace, now))
            total += taken
            if taken < EVENTS_AT_ONCE:
                break
        return total

    def plan(self, now: datetime) -> None:
        """Note every schedule that is due, and try once more what could not be digested."""
        for workspace in list_workspaces(self.database):
            try:
                self._plan_one(workspace, fixed(now))
            except Exception:
                log.exception("The plan of workspace %s could not be made.", workspace.id)

    def _plan_one(self, workspace: Workspace, now: Now) -> None:
        with self.database.workspace_tx(workspace, write=False, now=now()) as uow:
            if find_hold(uow) is not None:
                return
            wanted = [plan for plan, is_wanted in _PLANS if is_wanted(uow)]
        for plan in wanted:
            plan(self.database, workspace, now)

    def check(self, now: datetime) -> None:
        """Where nothing else is due: compare some people with what mirrors keep for them."""
        at = fixed(now)
        for workspace in list_workspaces(self.database):
            if self._may_check(workspace, at):
                check_some(self.database, workspace, at)

    def is_unchecked(self, now: datetime) -> bool:
        """Whether there is time and reason to compare."""
        return any(self._may_check(each, fixed(now)) for each in list_workspaces(self.database))

    def _may_check(self, workspace: Workspace, now: Now) -> bool:
        with self.database.workspace_tx(workspace, write=False, now=now()) as uow:
            if not is_unchecked(uow):
                return False
            due = find_due(uow)
            return due is not None and due.is_nothing

    def is_due(self, now: datetime) -> bool:
        """Whether there is anything to do at all."""
        return any(
            is_work_due(self.database, workspace, fixed(now))
            for workspace in list_workspaces(self.database)
        )

    def answer(self, patience: float = 0.0) -> None:
        """What a worker does when the doorbell rings; it rings itself again when time was up.

        When it found something, it stays until nothing has happened for ``patience`` seconds.
        """
        until, places = time.monotonic() + SLICE_SECONDS, partial(list_workspaces, self.database)
        stays = patience > 0 and has_events(self.database, places())
        ended = self.drain()
        while ended and stays and time.monotonic() < until:
            stays = next_event(self.database, places(), patience)
            ended = self.drain() if stays else True
        if not ended:
            jobs.ring(JOB)
        faultpoint("K4")


def remind(database: Database, workspace: Workspace, now: Now) -> int:
    """Tell of tasks whose time has passed; how many are new."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        if not any_overdue(uow):
            return 0
    with database.workspace_tx(workspace, now=now()) as uow:
        return tell_overdue(uow)


_PLANS: tuple[tuple[Callable[[Database, Workspace, Now], int], Callable[[UnitOfWork], bool]], ...]
_PLANS = (
    (turn_clocks, has_moved),
    (settle_history, needs_settling),
    (plan_fires, has_slots),
    (remind, any_overdue),
    (enrol_by_day, has_shares),
    (retry_failures, has_failures),
    (forget_paces, has_old_paces),
)
"""What is looked after now and then, and how one sees that there is a reason to."""


def is_work_due(database: Database, workspace: Workspace, now: Now) -> bool:
    """Whether this workspace has anything to digest, fire, mirror, run or send."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        due = find_due(uow)
        return due is not None and (not due.is_nothing or has_slots(uow))
