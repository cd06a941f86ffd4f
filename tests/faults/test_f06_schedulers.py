"""F06: the scheduler dies before, between and after its slots, or there are several of it."""

from typing import Any

import pytest

from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.planning import plan_fires
from regulars.rule_engine.tables import fire
from tests.support.busy_shop import assert_all_done, finish
from tests.support.clocks import MovableClock
from tests.support.rule_faults import (
    LedgerMailer,
    assert_sound,
    dies,
    engine_with,
    in_child,
    wait_for,
)
from tests.support.rule_shop import RuleShop, journey

NOTHING_TO_DO = [{"do": "add_tags", "tags": ["seen"]}]
CHORE = {"on": "scan", "every": "day", "at": "09:00"}


@pytest.mark.parametrize("point", ["C0", "C1", "C2"])
def test_f06_each_slot_is_noted_once_wherever_the_scheduler_dies(
    busy: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    busy.publish(journey("chore", trigger=CHORE, entry={"key": "YEAR(TODAY())"},
                         steps=NOTHING_TO_DO))  # fmt: skip
    busy.database.clock.forward(days=1)  # type: ignore[attr-defined]
    dies(busy.database, point, lambda: finish(busy, mailer))
    finish(busy, mailer)
    assert_sound(busy, mailer)
    slots = [(each.rule, each.state) for each in fires(busy)]
    assert slots.count(("chore", "done")) == 1
    assert slots.count(("lapsed", "done")) == 1  # the latest missed slot is made up for, once


def test_f06_three_schedulers_at_once_note_each_slot_once(
    busy: RuleShop, clock: MovableClock
) -> None:
    at = (busy.database, busy.workspace, clock)
    crowd = [in_child(busy.database, "", lambda: plan_fires(*at)) for _ in range(3)]
    assert [wait_for(child) for child in crowd] == [0, 0, 0]
    assert [each.rule for each in fires(busy)] == ["lapsed"]


def test_f06_a_crowd_of_workers_does_each_thing_once(busy: RuleShop, mailer: LedgerMailer) -> None:
    engine = engine_with(busy.database, mailer, LEASE)
    crowd = [in_child(busy.database, "", lambda: engine.tick(None, busy.workspace)) for _ in "abc"]
    assert [wait_for(child) for child in crowd] == [0, 0, 0]
    finish(busy, mailer)
    assert_all_done(busy, mailer)
    assert busy.messages(status="unknown") == []


def fires(shop: RuleShop) -> list[Any]:
    with shop.work() as uow:
        return list(uow.execute(fire.select().order_by(fire.c.id)))
