"""What monitoring is told: counts by rule and channel, and nothing about a person."""

from regulars.platform.health.findings import Place
from regulars.rule_engine.gauges import gauges_of_rules
from regulars.rule_engine.health import work_lately
from regulars.rule_engine.pace import step_tally
from tests.support.clocks import MovableClock
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
    assert found["rule_steps_per_second"] == {(key, "greet"): 2 / 300}
    assert found["messages_per_second"] == {(key, "sms"): 1 / 300}
    assert found["sending_stopped"] == {(key,): 0}
    assert "Anna" not in str(found)
    assert "138" not in str(found)


def test_what_is_a_day_old_counts_only_while_it_is_not_over(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey(), journey("slow", steps=[{"do": "wait", "for": "30d"}]))
    shop.order(shop.customer())
    shop.tick()
    clock.forward(days=3)
    shop.order(shop.customer(agrees=False))
    shop.tick()
    found, key = gauges_of_rules(shop.database), shop.workspace.key
    assert found["messages"] == {(key, "sms", "suppressed"): 1}
    assert found["rule_runs"] == {(key, "greet", "done"): 1, (key, "slow", "live"): 2}


def test_the_pace_of_an_hour_ago_is_forgotten(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.tick()
    shop.engine.plan(clock())
    assert shop.count(step_tally) == 1
    assert [each.code for each in work_lately(place_of(shop))] == ["work-lately"]
    clock.forward(minutes=61)
    shop.engine.plan(clock())
    assert shop.count(step_tally) == 0
    assert [each.code for each in work_lately(place_of(shop))] == ["work-quiet"]


def place_of(shop: RuleShop) -> Place:
    return Place(shop.database, shop.workspace, shop.database.clock())
