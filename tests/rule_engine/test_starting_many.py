"""Starting a rule for many records: counted, at once, or so many a day."""

from dataclasses import astuple
from datetime import timedelta

import pytest

from regulars.platform.errors import Conflict, Invalid
from regulars.rule_engine.service import pause_rule
from regulars.rule_engine.starting_many import Chosen, count_start, start_many
from tests.support.clocks import NOW
from tests.support.rule_shop import SYSTEM, RuleShop, journey, mirror

GOLD = {"field": "tier", "op": "is", "value": "gold"}
DAY = timedelta(days=1)


@pytest.fixture
def people(shop: RuleShop) -> RuleShop:
    """Six customers, five of them gold, and a rule for gold that people start."""
    steps = [{"id": "w", "do": "wait", "for": "90d"}]
    shop.publish(journey("call", trigger={"on": "manual"}, when=GOLD, steps=steps), at=NOW)
    shop.publish(mirror("vip", GOLD, {"field": "tags", "add": "vip"}), at=NOW)
    for name in ("Anna", "Ben", "Cleo", "Dora", "Emil", "Fay"):
        shop.customer(name=name, tier="basic" if name == "Anna" else "gold", at=NOW)
    return shop


def test_it_is_counted_before_and_nothing_is_written(people: RuleShop) -> None:
    with people.work(NOW) as uow:
        start_many(uow, SYSTEM, "call", Chosen((2,)))
        assert astuple(count_start(uow, SYSTEM, "call", Chosen())) == (6, 4, 1, 1)
        some = Chosen(None, GOLD, "Dora")
        assert astuple(count_start(uow, SYSTEM, "call", some)) == (1, 1, 0, 0)
        assert count_start(uow, SYSTEM, "call", Chosen((1, 999))).asked == 1
    assert [run.record for run in people.runs("call")] == [2]


def test_all_of_a_list_start_at_once_and_nobody_twice(people: RuleShop) -> None:
    with people.work(NOW) as uow:
        done = start_many(uow, SYSTEM, "call", Chosen(None, GOLD))
        again = start_many(uow, SYSTEM, "call", Chosen())
    assert (done.entered, done.waiting, dict(done.held)) == (5, 0, {})
    assert (again.entered, again.busy, dict(again.held)) == (0, 5, {"does-not-fit": 1})


def test_the_condition_holds_for_a_list_whatever_starts_the_rule(people: RuleShop) -> None:
    scan = {"on": "scan", "every": "month", "day": 1, "at": "10:00"}
    steps = [{"id": "w", "do": "wait", "for": "9d"}]
    people.publish(journey("monthly", trigger=scan, when=GOLD, steps=steps), at=NOW)
    with people.work(NOW) as uow:
        done = start_many(uow, SYSTEM, "monthly", Chosen())
    assert (done.entered, dict(done.held)) == (5, {"does-not-fit": 1})


def test_so_many_a_day_until_everybody_is_in(people: RuleShop) -> None:
    with people.work(NOW) as uow:
        done = start_many(uow, SYSTEM, "call", Chosen(), per_day=2)
    assert (done.entered, done.waiting) == (0, 5)
    inside = []
    for day in range(4):
        people.tick(NOW + day * DAY)
        people.tick(NOW + day * DAY + timedelta(hours=1))
        inside.append(len(people.runs("call", status="live")))
    assert inside == [2, 4, 5, 5]


def test_what_cannot_be_started_is_refused(people: RuleShop) -> None:
    with people.work(NOW) as uow:
        with pytest.raises(Conflict):
            count_start(uow, SYSTEM, "vip", Chosen())
        with pytest.raises(Invalid):
            start_many(uow, SYSTEM, "call", Chosen(), per_day=0)
        with pytest.raises(Invalid):
            count_start(uow, SYSTEM, "call", Chosen(None, {"field": "nonsense", "op": "is_empty"}))
        pause_rule(uow, SYSTEM, "call")
        with pytest.raises(Conflict):
            start_many(uow, SYSTEM, "call", Chosen())
    assert people.runs("call") == []
