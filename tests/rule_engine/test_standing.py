"""Runs that stand still: tried again, passed over, ended."""

from typing import Any

import pytest

from regulars.platform.errors import Conflict
from regulars.rule_engine.standing import count_standing, pass_over, stop_run
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

SAME_CODE = {
    "id": "coupon", "do": "create_record", "form": "coupons", "values": {"code": "SAME"},
}  # fmt: skip
TAG = {"id": "tag", "do": "add_tags", "tags": ["done"]}


def failed_run(shop: RuleShop, *steps: dict[str, Any]) -> Any:
    """The run of the second customer, whose coupon the form refuses."""
    shop.publish(sms(), journey(steps=list(steps)))
    for name in ("Anna", "Bob"):
        shop.order(shop.customer(name=name))
        shop.tick()
    run = shop.runs("greet")[1]
    assert run.status == "failed"
    return run


def test_a_step_is_passed_over_and_the_rest_is_done(shop: RuleShop) -> None:
    run = failed_run(shop, SAME_CODE, TAG)
    with shop.work() as uow:
        assert count_standing(uow, SYSTEM) == {"failed": 1}
        pass_over(uow, SYSTEM, run.id)
        assert count_standing(uow, SYSTEM) == {}
        with pytest.raises(Conflict):
            pass_over(uow, SYSTEM, run.id)
    shop.tick()
    assert shop.runs("greet")[1].outcome == "finished"
    assert shop.read("customers", run.record)["tags"] == {"done"}
    assert [(step.path, step.outcome) for step in shop.trace(run.id)] == [
        ("steps/0", "failed"), ("steps/1", "done"),
    ]  # fmt: skip


def test_passing_over_the_last_step_finishes_the_run(shop: RuleShop) -> None:
    run = failed_run(shop, TAG, SAME_CODE)
    with shop.work() as uow:
        pass_over(uow, SYSTEM, run.id)
    shop.tick()
    assert shop.runs("greet")[1].outcome == "finished"


def test_passing_over_a_step_of_a_loop_goes_on_with_the_next_record(shop: RuleShop) -> None:
    each = {
        "id": "each", "do": "for_each", "form": "orders", "link": "customer", "as": "order",
        "then": [SAME_CODE],
    }  # fmt: skip
    run = failed_run(shop, each, TAG)
    assert (run.cursor, len(run.loops)) == ("steps/0/then/0", 1)
    with shop.work() as uow:
        pass_over(uow, SYSTEM, run.id)
    shop.tick()
    over = shop.runs("greet")[1]
    assert (over.outcome, over.loops) == ("finished", None)
    assert shop.read("customers", run.record)["tags"] == {"done"}


def test_a_run_that_stands_still_is_ended_with_what_it_queued(shop: RuleShop) -> None:
    hello = {"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"}
    run = failed_run(shop, hello, SAME_CODE)
    with shop.work() as uow:
        stop_run(uow, SYSTEM, run.id)
        with pytest.raises(Conflict):
            stop_run(uow, SYSTEM, run.id)
    ended = shop.runs("greet")[1]
    assert (ended.status, ended.outcome) == ("done", "stopped_by_hand")
    assert ended.reason["code"] == "stopped-by-hand"
