"""What monitoring is told: counts by rule and channel, and nothing about a person."""

from regulars.rule_engine.gauges import gauges_of_rules
from tests.support.rule_shop import RuleShop, journey, sms


def test_figures_are_by_rule_and_channel_and_name_nobody(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(name="Anna", mobile="13812345678"))
    shop.order(shop.customer(agrees=False))
    shop.tick()
    found = gauges_of_rules(shop.database)
    key = shop.workspace.key
    assert found["messages"] == {(key, "sms", "sent"): 1, (key, "sms", "suppressed"): 1}
    assert found["rule_runs"] == {(key, "greet", "done"): 2}
    assert found["sending_stopped"] == {(key,): 0}
    assert "Anna" not in str(found)
    assert "138" not in str(found)
