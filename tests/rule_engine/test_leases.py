"""Whoever holds the token may finish; whoever comes too late changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.rule_engine import executing, walking
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.executing import execute_due
from regulars.rule_engine.ingest import ingest
from regulars.rule_engine.leases import (
    LeaseLost,
    back_off,
    claim,
    held,
    keep,
    read_database_clock,
)
from regulars.rule_engine.steps.base import LiveRun
from regulars.rule_engine.tables import run
from regulars.rule_engine.ticking import Engine
from tests.support.clocks import MovableClock
from tests.support.rule_shop import RuleShop, journey, sms

LIVE = (run.c.status == "live",)
SENDING = journey(steps=[{"do": "stop"}])
TAGGING = journey(steps=[{"do": "wait", "for": "1h"}, {"do": "add_tags", "tags": ["x"]}])


@pytest.fixture
def waiting(shop: RuleShop, clock: MovableClock) -> RuleShop:
    """A shop with three runs that are due."""
    shop.publish(TAGGING)
    for _ in range(3):
        shop.order(shop.customer())
    shop.tick()
    clock.forward(hours=2)
    return shop


def test_a_claimed_row_is_nobody_elses_until_the_lease_is_over(waiting: RuleShop) -> None:
    with waiting.work() as uow:
        first = claim(uow, run, "mine", 2, where=LIVE)
        second = claim(uow, run, "yours", 9, where=LIVE)
        third = claim(uow, run, "late", 9, where=LIVE)
    assert (len(first), len(second), third) == (2, 1, [])


def test_a_lease_that_is_over_goes_to_the_next_and_the_first_has_lost_it(
    waiting: RuleShop,
) -> None:
    with waiting.work() as uow:
        (one,) = claim(uow, run, "slow", 1, where=LIVE, lease=timedelta(seconds=-1))
        again = claim(uow, run, "fast", 9, where=LIVE)
        assert one in again
        assert held(uow, run, "slow", [one]) == []
        with pytest.raises(LeaseLost):
            keep(uow, run, one, "slow", {"status": "done"})
        keep(uow, run, one, "fast", {"reason": {"code": "mine"}})


def test_every_claim_counts_as_an_attempt_before_any_work(waiting: RuleShop) -> None:
    with waiting.work() as uow:
        claim(uow, run, "t", 9, where=LIVE)
    assert [row.attempts for row in waiting.runs()] == [1, 1, 1]


def test_work_that_kills_its_worker_every_time_comes_to_an_end(waiting: RuleShop) -> None:
    for _ in range(12):
        with waiting.work() as uow:
            claim(uow, run, "dies", 9, where=LIVE, lease=timedelta(seconds=-1))
    waiting.tick()
    assert {row.status for row in waiting.runs()} == {"stuck"}


def test_one_run_that_kills_its_worker_does_not_take_the_others_along(
    waiting: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    poison = waiting.runs()[1].id

    def begin(walker: walking.Walker, live: LiveRun) -> walking.Walk | None:
        if live.id == poison:
            raise Killed
        return whole(walker, live)

    whole = walking.Walker.begin
    monkeypatch.setattr(walking.Walker, "begin", begin)
    engine = Engine(waiting.database, Surroundings(), timedelta(seconds=-1))
    deaths = 0
    while deaths < 30:
        try:
            engine.tick(None, waiting.workspace)
            break
        except Killed:
            deaths += 1
    assert deaths == 10
    assert [row.status for row in waiting.runs()] == ["done", "stuck", "done"]


def test_a_zombie_that_wakes_up_after_its_lease_changes_nothing(
    waiting: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep = []

    def oversleep(name: str) -> None:
        if name == "run-claimed" and not asleep:
            asleep.append(name)
            waiting.tick()

    monkeypatch.setattr(executing, "faultpoint", oversleep)
    executing.execute_due(
        waiting.database, waiting.workspace, waiting.database.clock, lease=timedelta(seconds=-1)
    )
    assert asleep
    assert {row.outcome for row in waiting.runs()} == {"finished"}
    for row in waiting.runs():
        assert [step.do for step in waiting.trace(row.id)] == ["wait", "add_tags"]
        assert waiting.read("customers", row.record)["version"] <= 4


def test_the_clock_of_leases_is_the_databases_own(waiting: RuleShop) -> None:
    with waiting.work() as uow:
        first, second = read_database_clock(uow), read_database_clock(uow)
    assert first <= second
    assert abs(first - waiting.database.clock()) > timedelta(days=1)  # the test's clock stands


def test_those_who_fail_together_do_not_come_back_together() -> None:
    first = [back_off(1, number) for number in range(1, 200)]
    assert len(set(first)) > 100
    assert all(timedelta(seconds=3) < each < timedelta(seconds=7) for each in first)
    assert back_off(99, 1) <= timedelta(hours=1, minutes=15)


def test_due_work_is_taken_longest_due_first(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), TAGGING)
    people = [shop.customer() for _ in range(3)]
    for person in people:
        shop.order(person)
        shop.tick()
        clock.forward(minutes=1)
    clock.forward(hours=2)
    with shop.work() as uow:
        order = [
            held(uow, run, "t", claim(uow, run, "t", 1, where=LIVE))[0].record for _ in people
        ]
    assert order == people


def test_what_has_just_happened_does_not_wait_behind_a_long_queue(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey())
    crowd = [shop.customer() for _ in range(8)]
    for person in crowd:
        shop.order(person)
    ingest(shop.database, shop.workspace, clock)
    clock.forward(minutes=1)
    anna = shop.customer()
    shop.order(anna)
    ingest(shop.database, shop.workspace, clock)
    assert execute_due(shop.database, shop.workspace, clock, limit=4) == 4
    done = [run.record for run in shop.runs(status="done")]
    assert done == [*crowd[:3], anna]


@pytest.mark.parametrize("rule", [TAGGING, SENDING], ids=["together", "alone"])
def test_however_slow_the_machine_is_every_batch_gets_somewhere(
    shop: RuleShop, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]
) -> None:
    monkeypatch.setattr(executing, "SLICE_SECONDS", -1.0)  # the time is up before it begins
    shop.publish(sms(), rule)
    for _ in range(3):
        shop.order(shop.customer())
    ingest(shop.database, shop.workspace, shop.database.clock)
    for _ in range(8):
        execute_due(shop.database, shop.workspace, shop.database.clock)
    assert {(run.status, run.wait_kind) for run in shop.runs()} <= {
        ("done", None),
        ("live", "wait"),
    }
