"""The check of every workspace at night, and what it has to say to the page of health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from regulars.form_builder.indexing.making import is_night
from regulars.platform.db import Database, Workspace
from regulars.platform.health.findings import Finding, HealthCheck, Place
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.self_check.checking import LOOKS, Checked, check_now, last_check

JOB = "self-check"
LONGEST = 900  # seconds that one workspace may take
EVERY = timedelta(hours=20)
OLD = timedelta(hours=36)
NAMES = tuple(dict.fromkeys(look.invariant for look in LOOKS))


class SelfCheckDesk:
    """Looks at one workspace a tick, at night, until all of them have been looked at."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def is_due(self, now: datetime) -> bool:
        """Whether some workspace has not been looked at tonight."""
        return self._next(now) is not None

    def answer(self) -> None:
        """Look at the next one."""
        now = self.database.clock()
        workspace = self._next(now)
        if workspace is not None:
            check_now(self.database, workspace, now)

    def job(self) -> JobKind:
        """What a worker is asked to do, beside imports and exports."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("self-check", lambda _now: self.answer(), job=JOB, is_due=self.is_due),)

    def _next(self, now: datetime) -> Workspace | None:
        due = (each for each in list_workspaces(self.database) if self._is_due(each, now))
        return next(due, None)

    def _is_due(self, workspace: Workspace, now: datetime) -> bool:
        if not is_night(workspace, now):
            return False
        with self.database.workspace_tx(workspace, write=False, now=now) as uow:
            last = last_check(uow)
        return last is None or now - last.at > EVERY


def promises(place: Place) -> Iterator[Finding]:
    """What the last check found; a thorough look checks now."""
    done = _checked(place)
    if done is None:
        yield Finding("good", "invariants-not-yet")
        return
    if place.now - done.at > OLD:
        hours = int((place.now - done.at).total_seconds() // 3600)
        yield Finding("watch", "invariants-old", {"n": hours})
    for each in done.breaches:
        ids = ", ".join(str(number) for number in each.examples)
        yield Finding("bad", each.code, {"n": each.n, "ids": ids, "what": each.what})
    if not done.breaches:
        yield Finding("good", "invariants-hold", {"n": len(NAMES)})


def _checked(place: Place) -> Checked | None:
    if place.thorough:
        return check_now(place.database, place.workspace, place.now)
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        return last_check(uow)


def look_again(place: Place) -> int:
    """Check now; this changes no value."""
    check_now(place.database, place.workspace, place.now)
    return 0


CHECKS = (HealthCheck("promises of rules", promises, mend=look_again),)
