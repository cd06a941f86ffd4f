"""Staying for a moment when the work is done: in a burst the next event is on its way already.

A new process would have to read every definition and build every statement anew.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa

from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.hold import find_hold
from regulars.platform.prepared import Prepared
from regulars.rule_engine.tables import event_failure

PATIENCE = 0.3  # seconds without an event after which a worker goes
_LOOK_EVERY = 0.03  # seconds
_MOST = 20  # with more workspaces looking at all of them costs more than it saves
_WAITING = Prepared(
    sa.select(event.c.id)
    .where(event.c.processed_at.is_(None), event.c.id.not_in(sa.select(event_failure.c.event)))
    .limit(1)
)


def has_events(database: Database, places: Sequence[Workspace]) -> bool:
    """Whether an event waits in one of the workspaces; one that cannot be digested does not."""
    return any(_waits(database, place) for place in places)


def next_event(database: Database, places: Sequence[Workspace], seconds: float) -> bool:
    """Whether an event comes in one of the workspaces within ``seconds``."""
    until = time.monotonic() + seconds
    while len(places) <= _MOST and time.monotonic() < until:
        time.sleep(_LOOK_EVERY)
        if has_events(database, places):
            return True
    return False


def _waits(database: Database, place: Workspace) -> bool:
    with database.workspace_tx(place, write=False) as uow:
        return _WAITING.first(uow.connection) is not None and find_hold(uow) is None
