"""A worker stays for a moment after its work, and goes when nothing happens any more."""

import threading
import time

import sqlalchemy as sa

from regulars.platform.db import Database, Workspace
from regulars.platform.events import Event, event, record_events
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.lingering import has_events, next_event
from regulars.rule_engine.tables import event_failure
from regulars.rule_engine.ticking import Engine


def happen(database: Database, place: Workspace) -> None:
    with database.workspace_tx(place) as uow:
        record_events(uow, [Event("record_created", "orders", 1)])


def waiting(database: Database, place: Workspace) -> int:
    with database.workspace_tx(place, write=False) as uow:
        open_ones = sa.select(sa.func.count()).where(event.c.processed_at.is_(None))
        return int(uow.scalar(open_ones))


def test_what_happens_meanwhile_is_seen(database: Database, workspace: Workspace) -> None:
    assert not next_event(database, [workspace], 0.05)
    soon = threading.Timer(0.1, happen, (database, workspace))
    soon.start()
    assert next_event(database, [workspace], 60)
    soon.join()


def test_an_event_that_cannot_be_digested_keeps_nobody(
    database: Database, workspace: Workspace
) -> None:
    happen(database, workspace)
    assert has_events(database, [workspace])
    with database.workspace_tx(workspace) as uow:
        known = uow.scalar(sa.select(event.c.id))
        uow.execute(
            event_failure.insert().values(
                event=known, attempts=1, error="x", gave_up=False, at=uow.now
            )
        )
    assert not has_events(database, [workspace])


def test_one_answer_takes_up_what_comes_shortly_after(
    database: Database, workspace: Workspace
) -> None:
    engine = Engine(database, Surroundings())
    happen(database, workspace)
    later = threading.Timer(0.1, happen, (database, workspace))
    later.start()
    engine.answer(patience=2.0)
    later.join()
    assert waiting(database, workspace) == 0


def test_an_answer_that_finds_nothing_goes_at_once(
    database: Database, workspace: Workspace
) -> None:
    engine = Engine(database, Surroundings())
    began = time.monotonic()
    engine.answer(patience=3600.0)
    assert time.monotonic() - began < 600
