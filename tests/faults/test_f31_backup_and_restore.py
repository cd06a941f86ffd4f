"""F31: a backup under load is one moment; restored elsewhere, nothing leaves until it is said."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from regulars.platform.backups.checking import check_backup
from regulars.platform.backups.making import Order, make_backup
from regulars.platform.backups.restoring import Restoring
from regulars.platform.backups.service import look_into, restore_as_new, restore_over
from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.hold import find_hold, lift_hold
from regulars.rule_engine.restored import HeldMessages
from regulars.rule_engine.tables import outbound, run
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.rule_shop import RuleShop, journey, sms


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    fresh = RuleShop(database, workspace).open()
    fresh.publish(sms(), journey())
    return fresh


@contextmanager
def selling(shop: RuleShop, customers: list[int]) -> Iterator[list[int]]:
    """A till that goes on selling until the block ends; the orders it has seen committed."""
    stop, sold = threading.Event(), list[int]()

    def sell() -> None:
        while not stop.is_set():
            for customer in customers:
                sold.append(shop.order(customer, amount="1.00"))

    till = threading.Thread(target=sell)
    till.start()
    try:
        yield sold
    finally:
        stop.set()
        till.join()


def restored(elsewhere: Database, path: Path) -> RuleShop:
    job = Restoring(elsewhere, path, elsewhere.clock(), lambda _d, _t: None, members="create")
    return RuleShop(elsewhere, restore_as_new(look_into(path), job), _mobiles=50)


def test_a_backup_under_load_is_one_moment_and_sends_nothing_elsewhere(
    shop: RuleShop,
    elsewhere: Database,
    tmp_path: Path,
) -> None:
    customers = [shop.customer(name=f"Customer {n}") for n in range(3)]
    path = tmp_path / "under-load.tar.gz"
    with selling(shop, customers) as sold:
        while len(sold) < 5:
            pass
        before = list(sold)
        made = make_backup(
            shop.database,
            Order("workspace", [shop.workspace], path, shop.database.clock()),
            lambda _done, _total: None,
        )
        while len(sold) < len(before) + 5:
            pass
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert check_backup(path, scratch) == made.rows
    there = restored(elsewhere, path)
    with there.work() as uow:
        orders = sa.table("f_orders", sa.column("id"), sa.column("customer"))
        ids = set(uow.execute(sa.select(orders.c.id)).scalars())
        told = set(
            uow.execute(
                sa.select(event.c.record).where(
                    event.c.form == "orders", event.c.kind == "record_created"
                )
            ).scalars()
        )
    assert set(before) <= ids <= set(sold)
    assert ids == set(range(1, len(ids) + 1)), "a gap: not one moment"
    assert told == ids, "every order with its event, or neither"
    totals = [there.read("customers", each)["total_spend"] for each in customers]
    assert sum(totals) == Decimal(len(ids)), "sums belong to the same moment"
    there.tick()
    assert there.messages() == []
    with there.work() as uow:
        assert lift_hold(uow)
    there.tick()
    assert {message.status for message in there.messages()} == {"sent"}


def test_what_was_leaving_is_parked_and_what_waited_is_for_an_owner_to_decide(
    shop: RuleShop, clock: MovableClock, tmp_path: Path
) -> None:
    wait = {"id": "w", "do": "wait", "for": {"n": 2, "unit": "day"}}
    send = {"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"}
    waiting = journey("slow", steps=[wait, send])
    shop.publish(waiting)
    for name in ("Anna", "Ben"):
        shop.order(shop.customer(name=name))
    shop.tick()
    first, second = shop.messages()
    with shop.work() as uow:  # as a worker had them in hand when the backup was made
        uow.execute(outbound.update().where(outbound.c.id == first.id).values(
            status="sending", token="gone", sending_at=uow.now, finished_at=None))  # fmt: skip
        uow.execute(outbound.update().where(outbound.c.id == second.id).values(
            status="queued", due_at=uow.now, finished_at=None))  # fmt: skip
        uow.execute(run.update().where(run.c.rule == "slow").values(token="gone"))
    path = tmp_path / "in-flight.tar.gz"
    order = Order("workspace", [shop.workspace], path, clock())
    make_backup(shop.database, order, lambda _d, _t: None)
    restore_over(
        look_into(path),
        shop.workspace,
        Restoring(shop.database, path, clock(), lambda _d, _t: None),
    )
    keys = {message.idempotency_key for message in shop.messages()}
    assert keys == {first.idempotency_key, second.idempotency_key}
    assert [message.status for message in shop.messages()] == ["unknown", "queued"]
    assert all(each.token is None for each in shop.runs(rule="slow"))
    clock.forward(days=3)
    shop.tick()
    assert [message.status for message in shop.messages()] == ["unknown", "queued"]
    with shop.work() as uow:
        assert find_hold(uow) is not None
        assert HeldMessages().drop(uow, "member:1") == 1
        lift_hold(uow)
    shop.tick()
    assert [m.status for m in shop.messages()][:2] == ["unknown", "suppressed"]
    assert len(shop.messages()) == 4, "runs that waited go on"
