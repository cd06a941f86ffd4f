"""What a tick does, what it leaves alone, and in which order work is done."""

from typing import Any, ClassVar

import pytest

from regulars.platform.db import Database
from regulars.rule_engine import scans
from regulars.rule_engine.channels.base import Outgoing, Provider, Surroundings
from regulars.rule_engine.sender import send_due
from regulars.rule_engine.service import pause_rule, resume_rule
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

EVERYBODY = {
    "trigger": {"on": "scan", "every": "day", "at": "10:00"},
    "entry": {"backlog": "enrol"},
    "steps": [{"do": "wait", "for": "7d"}],
}
AT_ONCE = journey("quick", steps=[{"do": "update_record", "values": {"note": "seen"}}])


def test_where_nothing_is_due_nothing_is_written(
    shop: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(
        journey("daily", **EVERYBODY),
        AT_ONCE,
        mirror("vip", SILENT_30, {"field": "tags", "add": "a"}),
    )  # fmt: skip
    shop.order(shop.customer())
    clock.forward(hours=30)
    shop.tick()
    clock.forward(seconds=5)
    written: list[str] = []
    open_one = Database.workspace_tx

    def watched(database: Database, *args: Any, write: bool = True, **more: Any) -> Any:
        written.extend(["workspace"] if write else [])
        return open_one(database, *args, write=write, **more)

    engine = shop.engine
    engine.plan(clock())  # notes the zone that the shop's waits go by
    monkeypatch.setattr(Database, "workspace_tx", watched)
    engine.plan(clock())
    assert not engine.is_due(clock())
    engine.answer()
    engine.tick(None, shop.workspace)
    assert written == []


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans go in pages of two people."""
    monkeypatch.setattr(scans, "PAGE", 2)


@pytest.mark.parametrize("way", ["tick", "answer"])
def test_whoever_orders_while_everybody_is_enrolled_does_not_wait_for_all(
    shop: RuleShop,
    clock: MovableClock,
    pages: None,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    people = [shop.customer() for _ in range(8)]
    shop.publish(journey("daily", **EVERYBODY), AT_ONCE, at=NOW)
    clock.forward(days=1)
    shop.engine.plan(clock())
    turn, goes_on = iter(range(9)), scans._goes_on

    def one_page(*args: Any) -> bool:
        found = goes_on(*args)
        if next(turn) == 0:
            shop.order(people[0])
        return found

    monkeypatch.setattr(scans, "_goes_on", one_page)
    shop.tick() if way == "tick" else shop.engine.answer()
    (quick,) = shop.runs("quick")
    entered = [row.id for row in shop.runs("daily")]
    assert len(entered) == len(people)
    assert quick.status == "done"
    assert entered[1] < quick.id < entered[4]


def test_rules_that_look_over_everybody_take_turns(
    shop: RuleShop, clock: MovableClock, pages: None
) -> None:
    for _ in range(6):
        shop.customer()
    shop.publish(journey("first", **EVERYBODY), journey("second", **EVERYBODY), at=NOW)
    clock.forward(days=1)
    shop.tick()
    order = [row.rule for row in shop.runs() if row.entered_at > NOW]
    assert order == ["first", "first", "second", "second"] * 3


def test_a_rule_that_is_paused_lets_nobody_more_in(
    shop: RuleShop, clock: MovableClock, pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        shop.customer()
    shop.publish(journey("daily", **EVERYBODY), at=NOW)
    clock.forward(days=1)
    goes_on, paused = scans._goes_on, []

    def one_page(*args: Any) -> bool:
        found = goes_on(*args)
        if not paused:
            paused.append(True)
            with shop.work() as uow:
                pause_rule(uow, SYSTEM, "daily")
        return found

    monkeypatch.setattr(scans, "_goes_on", one_page)
    shop.tick()
    assert len(shop.runs("daily")) == 2
    with shop.work() as uow:
        resume_rule(uow, SYSTEM, "daily")
    shop.tick()
    assert len(shop.runs("daily")) == 6


class OneByOne(Provider):
    """Cannot tell repeats apart, so it is asked once for each message."""

    name = "one_by_one"
    channels = frozenset({"sms"})
    taken: ClassVar[list[str]] = []

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        self.taken.append(outgoing.parts["text"][0])
        return None


def test_a_message_that_has_just_fallen_due_does_not_wait_behind_a_campaign(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(text="{name}"), journey())
    for number in range(9):
        shop.order(shop.customer(name=str(number)))
        clock.forward(seconds=1)
    at = (shop.database, shop.workspace, clock)
    shop.engine._work(
        shop.workspace, clock, shop.engine._look(shop.workspace, clock, anyway=False), None
    )
    OneByOne.taken.clear()
    send_due(*at, Surroundings(), chosen={"sms": OneByOne()})
    assert OneByOne.taken[:4] == ["0", "1", "2", "8"]
