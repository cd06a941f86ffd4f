"""Schedules that were missed, and clocks that went wrong."""

from datetime import timedelta

import pytest

from regulars.rule_engine.tables import mirror_state, rule_state
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SILENT_30, RuleShop, journey, mirror


@pytest.mark.parametrize("misfire", ["run_once", "skip"])
def test_f22_a_clock_that_was_once_far_ahead_does_not_silence_a_schedule(
    shop: RuleShop, clock: MovableClock, misfire: str
) -> None:
    daily = {"on": "scan", "every": "day", "at": "10:00", "misfire": misfire}
    greeting = [{"do": "add_tags", "tags": ["seen"]}]
    shop.publish(
        journey(
            "daily", trigger=daily, steps=greeting, entry={"key": "TODAY()", "backlog": "skip"}
        ),
        mirror("silent", SILENT_30, {"field": "tags", "add": "silent"}),
    )
    shop.customer()
    clock.forward(days=1)
    shop.tick()
    today = clock.now
    clock.now = today + timedelta(days=400)
    shop.tick()
    clock.now = today + timedelta(minutes=1)
    shop.engine.plan(clock())
    shop.tick()
    with shop.work() as uow:
        states = uow.execute(rule_state.select()).all()
        looks = uow.execute(mirror_state.select()).all()
    assert all(row.fired_to <= clock() and row.history_to <= clock() for row in states)
    assert all(row.as_of <= clock() for row in looks)
    before = len(shop.runs("daily"))
    clock.now = today + timedelta(hours=23)
    shop.engine.plan(clock())
    shop.tick()
    assert len(shop.runs("daily")) == before + 1


@pytest.mark.parametrize(("misfire", "made_up_for"), [("run_once", 1), ("skip", 0)])
def test_f22_what_was_missed_while_the_machine_was_off(
    shop: RuleShop, clock: MovableClock, misfire: str, made_up_for: int
) -> None:
    daily = {"on": "scan", "every": "day", "at": "10:00", "misfire": misfire}
    shop.publish(journey("daily", trigger=daily, steps=[{"do": "wait", "for": "1d"}],
                         entry={"key": "TODAY()", "backlog": "enrol"}))  # fmt: skip
    shop.customer()
    begun = clock()
    clock.forward(days=9, hours=6)  # from noon to six in the evening, nine days later
    shop.tick()
    made = shop.runs("daily")
    assert len(made) == made_up_for
    slots = [row.meant_at.astimezone(shop.workspace.tz).hour for row in made if row.seq == 0]
    assert slots in ([], [10])
    clock.now = begun + timedelta(days=10)
    shop.tick()
    assert len(shop.runs("daily")) == made_up_for + 1
