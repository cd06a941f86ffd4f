"""Taking back what a run wrote, and leaving alone what others have written since."""

import pytest

from regulars.platform.errors import Conflict
from regulars.rule_engine.reverting import Reverted, has_changes, revert_run
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

STEPS = [
    {"id": "t", "do": "add_tags", "tags": ["bought"]},
    {"id": "u", "do": "update_record", "values": {"tier": "gold", "note": "from a rule"}},
    {"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"},
]


def revert(shop: RuleShop, run: int) -> Reverted:
    with shop.work() as uow:
        return revert_run(uow, SYSTEM, run)


def test_fields_and_tags_come_back_but_not_over_others(shop: RuleShop) -> None:
    shop.publish(sms(), journey(steps=STEPS))
    anna = shop.customer(tier="basic", tags=["old"])
    shop.order(anna)
    shop.tick()
    (run,) = shop.runs("greet")
    assert shop.read("customers", anna)["tier"] == "gold"
    shop.change("customers", anna, note="by hand", tags=["old", "bought", "new"])
    assert revert(shop, run.id) == Reverted(records=1, kept=1)
    after = shop.read("customers", anna)
    assert (after["tier"], after["note"], after["tags"]) == (
        "basic", "by hand", frozenset({"old", "new"}),
    )  # fmt: skip
    shop.tick()
    assert len(shop.messages()) == 1  # nothing is started by it


def test_a_run_under_way_is_not_reverted(shop: RuleShop) -> None:
    waiting = [STEPS[0], {"id": "w", "do": "wait", "for": "7d"}]
    shop.publish(journey(steps=waiting))
    shop.order(shop.customer())
    shop.tick()
    (run,) = shop.runs("greet")
    with pytest.raises(Conflict):
        revert(shop, run.id)
    with shop.work() as uow:
        assert has_changes(uow, run.id)
