"""F25: many more things happen at once than usual: nobody waits behind them, memory stays small,
and changes of one record that wait together are one entry."""

import tracemalloc

import pytest
import sqlalchemy as sa

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.platform.workspaces import create_workspace
from regulars.rule_engine import ingest, scans
from regulars.rule_engine.pace import step_tally
from regulars.rule_engine.self_check.checking import check
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.rule_faults import goes_on, stops
from tests.support.rule_shop import SYSTEM, RuleShop, journey

BURST = 600
TAG = {"do": "add_tags", "tags": ["seen"]}
GREET = journey("greet", steps=[TAG], guards={})
NAMED = journey("named", trigger={"on": "record_updated", "form": "customers", "fields": ["name"]},
                steps=[TAG], guards={})  # fmt: skip

CROWD = 320
EVERYBODY = journey("everybody", trigger={"on": "scan", "every": "day", "at": "10:00"},
                    steps=[TAG, {"do": "wait", "for": "7d"}], entry={"backlog": "enrol"},
                    guards={})  # fmt: skip


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    made = RuleShop(database, workspace).open()
    made.publish(GREET, NAMED)
    return made


def burst(shop: RuleShop, customer: int, n: int = BURST) -> None:
    """What an import with live automation leaves behind."""
    rows = [{"customer": customer, "amount": "5"} for _ in range(n)]
    with shop.work() as uow:
        write_batch(uow, SYSTEM, "orders", rows, origin=Origin("import", automation="live"))


def waiting(uow: UnitOfWork) -> int:
    undone = sa.select(sa.func.count()).where(event.c.processed_at.is_(None))
    return int(uow.scalar(undone.select_from(event)))


def assert_all_done_once(shop: RuleShop, orders: int) -> None:
    with shop.work() as uow:
        assert check(uow).breaches == ()
        assert waiting(uow) == 0
    assert [run.status for run in shop.runs("greet")] == ["done"] * orders


def test_f25_a_single_order_does_not_wait_behind_an_import(
    shop: RuleShop, clock: MovableClock
) -> None:
    anna, ben = shop.customer(), shop.customer()
    shop.tick()
    burst(shop, anna)
    clock.forward(seconds=1)
    shop.order(ben)
    child = stops(shop.database, "run-committed", shop.engine.drain)  # a worker, one batch later
    assert "seen" in shop.read("customers", ben)["tags"]
    assert len(shop.runs("greet", status="done")) < BURST
    assert goes_on(child) == 0
    assert_all_done_once(shop, BURST + 1)


def test_f25_another_shop_has_its_turn_in_every_round(shop: RuleShop) -> None:
    other = create_workspace(shop.database, "other", "Other")
    neighbour = RuleShop(shop.database, other).open()
    neighbour.publish(GREET)
    burst(shop, shop.customer(), 2 * ingest.BATCH)
    neighbour.order(neighbour.customer())
    assert not shop.engine.drain(seconds=0)  # one round, and time is up
    assert [run.status for run in neighbour.runs("greet")] == ["done"]
    assert len(shop.runs("greet", status="done")) < 2 * ingest.BATCH
    assert shop.engine.drain()
    assert_all_done_once(shop, 2 * ingest.BATCH)


def test_f25_changes_of_one_record_that_wait_together_are_one_entry(shop: RuleShop) -> None:
    anna, ben = shop.customer(), shop.customer()
    shop.tick()
    for n in range(12):
        shop.change("customers", anna, name=f"Anna {n}")
    shop.change("customers", ben, name="Ben")
    shop.tick()
    assert sorted(run.record for run in shop.runs("named")) == [anna, ben]
    newest = max(run.trigger_event for run in shop.runs("named") if run.record == anna)
    with shop.work() as uow:
        told = uow.execute(event.select().where(event.c.id == newest)).one()
    assert told.changes["name"][1] == "Anna 11"
    shop.change("customers", anna, name="Ann")
    shop.tick()
    assert len(shop.runs("named")) == 3  # what happens later is an entry of its own
    assert_all_done_once(shop, 0)


def test_f25_memory_does_not_grow_with_what_waits(shop: RuleShop) -> None:
    anna = shop.customer()
    shop.tick()
    peaks = []
    for n in (ingest.BATCH, 3 * ingest.BATCH):
        burst(shop, anna, n)
        tracemalloc.start()
        ingest.ingest(shop.database, shop.workspace, shop.database.clock)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_f25_a_single_order_does_not_wait_behind_everybodys_enrolment(
    shop: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "PAGE", CROWD // 4)
    crowd = [{"mobile": f"139{n:08}"} for n in range(CROWD)]
    with shop.work() as uow:
        write_batch(uow, SYSTEM, "customers", crowd, origin=Origin("import", automation="live"))
    shop.publish(EVERYBODY)
    ben = shop.customer()
    shop.tick()
    clock.forward(days=1)
    shop.engine.plan(clock())
    child = stops(shop.database, "run-committed", shop.engine.drain)  # a page has entered
    entered = len(shop.runs("everybody"))
    shop.order(ben)
    assert goes_on(child) == 0
    assert 0 < entered < CROWD
    with shop.work() as uow:
        batches = list(uow.execute(step_tally.select().order_by(step_tally.c.id)))
    places = [place for place, batch in enumerate(batches) if batch.rule == "greet"]
    before = sum(batch.steps for batch in batches[: places[0]])
    assert before <= sum(batch.steps for batch in batches) / 2
    assert_all_done_once(shop, 1)
