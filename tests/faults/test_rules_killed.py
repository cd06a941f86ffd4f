"""F01, F03, F06: workers of rules die, sleep or come in crowds at every named point."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import Database, Workspace
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.tables import fire
from regulars.wiring import wire
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_faults import (
    LedgerMailer,
    dies,
    engine_with,
    in_child,
    invariants,
    picture,
    wait_for,
)
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

PEOPLE = 4
POINTS = (
    "slot-before", "slot-mid", "slot-after",
    "fire-claimed", "fire-mid", "fire-done",
    "ingest-claimed", "ingest-mid", "ingest-committed",
    "run-claimed", "run-mid", "run-mid@3", "run-before-commit", "run-committed",
    "message-marked", "message-provider-called", "message-mid", "message-written",
    "message-marked@2", "message-provider-called@2", "message-mid@2", "message-written@2",
    "mirror-read", "mirror-mid",
)  # fmt: skip
BOTH = {
    "kind": "message", "key": "both",
    "channels": {"sms": {"text": "hello"}, "email": {"subject": "hi", "markdown": "hello"}},
}  # fmt: skip
COUPON = {
    "do": "create_record", "form": "coupons", "as": "coupon",
    "values": {"customer": {"formula": "subject"}, "amount": {"formula": "trigger.amount"}},
}  # fmt: skip
THANKS = journey(
    "thanks",
    steps=[
        COUPON,
        {"do": "add_tags", "tags": ["thanked"]},
        {"id": "mail", "do": "send_message", "message": "both", "channel": "email"},
        {"id": "text", "do": "send_message", "message": "both", "channel": "sms"},
        {
            "do": "wait_for", "timeout": "7d",
            "any": [{"on": "record_created", "form": "orders", "link": "customer"}],
        },
    ],
)  # fmt: skip
LAPSED = journey(
    "lapsed",
    trigger={"on": "scan", "every": "day", "at": "10:00"},
    when=SILENT_30,
    entry={"key": "LAST(orders).id"},
    steps=[
        {"do": "add_tags", "tags": ["lapsed"]},
        {"do": "send_message", "message": "hello", "channel": "sms"},
    ],
)
BUYER = mirror(
    "buyer", {"aggregate": "count", "of": "orders", "op": "gte", "value": 1},
    {"field": "tags", "add": "buyer"},
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    """Register everything, as the running product does."""
    wire()


@pytest.fixture
def mailer(tmp_path: Path) -> LedgerMailer:
    """A mail server with a ledger."""
    return LedgerMailer(tmp_path / "ledger")


@pytest.fixture
def shop(database: Database, workspace: Workspace, clock: MovableClock) -> Iterator[RuleShop]:
    """Fresh orders, people who have lapsed, and a mirror that has not looked over anybody yet."""
    fresh = RuleShop(database, workspace).open()
    fresh.publish(sms(), BOTH, THANKS, LAPSED)
    with fresh.work() as uow:
        choose_provider(uow, SYSTEM, "email", "smtp")
    clock.now = NOW - timedelta(days=29)
    silent = [fresh.customer() for _ in range(2)]
    for each in silent:
        fresh.order(each, automation="none")
    clock.now = NOW + timedelta(hours=12)
    fresh.tick()
    fresh.publish(BUYER)
    clock.now = NOW + timedelta(days=1)
    people = [fresh.customer(email=f"p{n}@example.com") for n in range(PEOPLE)]
    for person in people:
        fresh.consent(person, channel="email")
        fresh.order(person)
    yield fresh
    fresh.database.close()


def finish(shop: RuleShop, mailer: LedgerMailer) -> None:
    """What the next worker does."""
    engine_with(shop.database, mailer).tick(None, shop.workspace)


def assert_all_done(shop: RuleShop, mailer: LedgerMailer) -> None:
    invariants(shop, mailer)
    coupons: Counter[int] = Counter()
    with shop.work() as uow:
        table = catalog_of(uow).tables["coupons"].main
        coupons.update(uow.execute(table.select().with_only_columns(table.c.customer)).scalars())
    thanked = [run.record for run in shop.runs("thanks")]
    assert len(thanked) == PEOPLE
    assert coupons == dict.fromkeys(thanked, 1)
    for record in thanked:
        assert {"thanked", "buyer"} <= shop.read("customers", record)["tags"]
    assert {m.status for m in shop.messages(channel="sms")} == {"sent"}
    assert len(shop.messages(channel="sms")) == len(shop.runs())
    assert {m.status for m in shop.messages(channel="email")} <= {"sent", "unknown"}


@pytest.mark.parametrize("point", POINTS)
def test_f01_a_worker_killed_anywhere_loses_and_doubles_nothing(
    shop: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    dies(shop.database, point, lambda: finish(shop, mailer))
    finish(shop, mailer)
    assert_all_done(shop, mailer)
    unknown = shop.messages(status="unknown")
    may_be_unknown = point in ("message-marked", "message-provider-called", "message-mid")
    assert len(unknown) == (1 if may_be_unknown else 0)
    for message in unknown:
        assert message.reason == {"code": "outcome-unknown"}


def test_a_worker_killed_at_every_point_in_turn_still_finishes(
    shop: RuleShop, mailer: LedgerMailer
) -> None:
    for point in POINTS:
        child = in_child(shop.database, f"{point}:kill", lambda: finish(shop, mailer))
        assert wait_for(child) in (0, -signal.SIGKILL)
    finish(shop, mailer)
    assert_all_done(shop, mailer)


@pytest.mark.parametrize("point", ["run-claimed", "message-provider-called", "fire-claimed"])
def test_f03_a_worker_that_oversleeps_its_lease_changes_nothing_any_more(
    shop: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    child = in_child(shop.database, f"{point}:sleep:2", lambda: finish(shop, mailer))
    wait_until_asleep(shop, child, point)
    os.kill(child, signal.SIGSTOP)
    finish(shop, mailer)
    before = picture(shop)
    os.kill(child, signal.SIGCONT)
    assert wait_for(child) == 0
    assert picture(shop) == before
    assert_all_done(shop, mailer)


def wait_until_asleep(shop: RuleShop, child: int, point: str) -> None:
    """Until the child has claimed something and lies down."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with open(f"/proc/{child}/stat", encoding="ascii") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "S" and _claimed(shop, point):
                return
        time.sleep(0.02)
    raise AssertionError("the child never came to rest")


def _claimed(shop: RuleShop, point: str) -> bool:
    if point == "run-claimed":
        return any(run.token for run in shop.runs(status="live"))
    if point == "fire-claimed":
        with shop.work() as uow:
            return any(row.token for row in uow.execute(fire.select()))
    return bool(shop.messages(status="sending"))


def test_f06_a_crowd_of_workers_does_each_thing_once(shop: RuleShop, mailer: LedgerMailer) -> None:
    crowd = [
        in_child(shop.database, "", lambda: engine_with(
            shop.database, mailer, timedelta(seconds=60)
        ).tick(None, shop.workspace))
        for _ in range(4)
    ]  # fmt: skip
    assert [wait_for(child) for child in crowd] == [0, 0, 0, 0]
    finish(shop, mailer)
    assert_all_done(shop, mailer)
    assert shop.messages(status="unknown") == []


def test_killed_and_whole_end_in_the_same_state(
    shop: RuleShop, mailer: LedgerMailer, clock: MovableClock
) -> None:
    dies(shop.database, "run-before-commit", lambda: finish(shop, mailer))
    dies(shop.database, "message-mid@2", lambda: finish(shop, mailer))
    finish(shop, mailer)
    clock.forward(days=8)
    dies(shop.database, "run-mid@2", lambda: finish(shop, mailer))
    finish(shop, mailer)
    invariants(shop, mailer)
    assert {run.outcome for run in shop.runs("thanks")} == {"finished"}
