"""What the rule engine says about its health: the oldest due work, and what nobody can finish."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from regulars.platform.health.findings import Finding, HealthCheck, Place
from regulars.platform.hold import find_hold
from regulars.rule_engine import pace
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.book import book_of
from regulars.rule_engine.mirror_health import membership, mend_membership
from regulars.rule_engine.tables import run

LATE, VERY_LATE = timedelta(minutes=5), timedelta(hours=1)


def due_work(place: Place) -> Iterator[Finding]:
    """How long the oldest work that is due has been waiting."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        held, oldest = find_hold(uow), oldest_due(uow)
    if held is not None:
        yield Finding("watch", "rules-on-hold")
        return
    waiting = place.now - oldest if oldest is not None else timedelta(0)
    minutes = int(waiting.total_seconds() // 60)
    if waiting > VERY_LATE:
        yield Finding("bad", "work-very-late", {"minutes": minutes})
    elif waiting > LATE:
        yield Finding("watch", "work-late", {"minutes": minutes})
    else:
        yield Finding("good", "work-done")


def work_lately(place: Place) -> Iterator[Finding]:
    """What rules have done within the hour, and the one that did most."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        steps, sent = pace.steps_since(uow, pace.KEPT), pace.sent_since(uow, pace.KEPT)
        book = book_of(uow).rules
    if not steps:
        yield Finding("good", "work-quiet")
        return
    busiest = max(steps, key=lambda rule: (steps[rule][0], rule))
    told = {
        "n": sum(done for done, _failed in steps.values()),
        "failed": sum(failed for _done, failed in steps.values()),
        "sent": pace.people_reached(sent),
        "rule": book[busiest].rule.label if busiest in book else busiest,
    }
    yield Finding("good", "work-lately", told)


def stuck_runs(place: Place) -> Iterator[Finding]:
    """Runs that failed again and again until they were laid aside."""
    counted = sa.select(sa.func.count()).where(run.c.status == "stuck")
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        n = uow.scalar(counted.select_from(run)) or 0
    if n:
        yield Finding("watch", "runs-stuck", {"n": n})


CHECKS = (
    HealthCheck("due work", due_work),
    HealthCheck("work lately", work_lately),
    HealthCheck("stuck runs", stuck_runs),
    HealthCheck("mirrors", membership, mend_membership),
)
