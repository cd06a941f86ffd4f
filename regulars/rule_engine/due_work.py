"""What waits in a workspace, found by reading alone: where nothing is due, nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.hold import find_hold
from regulars.rule_engine.backlog import messages_that_may_leave
from regulars.rule_engine.book import is_active
from regulars.rule_engine.leases import is_due, read_database_clock
from regulars.rule_engine.looking_over import due_mirrors
from regulars.rule_engine.tables import event_failure, fire, outbound, run


@dataclass(frozen=True)
class DueWork:
    """Which kinds of work wait; ``mirrors`` are the keys of those to look over."""

    events: bool = False
    fires: bool = False
    runs: bool = False
    messages: bool = False
    mirrors: Sequence[str] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.events or self.fires or self.runs or self.messages or self.mirrors)


def find_due(uow: UnitOfWork, *, anyway: bool = False) -> DueWork | None:
    """What waits now; None while the brake is on. ``anyway``: mirrors before their time, too."""
    if find_hold(uow) is not None:
        return None
    clock = read_database_clock(uow)
    unfit = sa.select(event_failure.c.event)
    waiting = [
        sa.exists().where(is_active(table.c.rule), is_due(uow, table, clock), state)
        for table, state in (
            (fire, fire.c.state == "due"),
            (run, run.c.status == "live"),
            (outbound, messages_that_may_leave()),
        )
    ]
    events = sa.exists().where(event.c.processed_at.is_(None), event.c.id.not_in(unfit))
    happened, fires, runs, messages = uow.execute(sa.select(events, *waiting)).one()
    mirrors = due_mirrors(uow, anyway=anyway)
    return DueWork(bool(happened), bool(fires), bool(runs), bool(messages), mirrors)
