"""What a rule did for the shop, on both databases, recounted by hand."""

from datetime import timedelta
from decimal import Decimal

from regulars.rule_engine.book import book_of
from regulars.rule_engine.entering import arm_of
from regulars.rule_engine.measuring.effect import Behind, Effect, effect_of, people_behind
from tests.support.clocks import MovableClock
from tests.support.rule_shop import PAID, SYSTEM, RuleShop, journey, sms

GOAL = {
    "form": "orders", "link": "customer", "within_days": 7, "value": "amount", "where": PAID,
}  # fmt: skip


def measured(shop: RuleShop, key: str) -> Effect:
    """The effect as an owner sees it."""
    with shop.work() as uow:
        return effect_of(uow, SYSTEM, key)


def test_groups_are_counted_as_they_were_assigned(shop: RuleShop, clock: MovableClock) -> None:
    rule = journey(
        "daily",
        trigger={"on": "scan", "every": "day", "at": "12:30"},
        entry={"backlog": "enrol"},
        goal=GOAL,
        guards={"purpose": "marketing", "quiet_hours": None, "control_group": 40},
    )
    people = [shop.customer(name=f"p{n}", agrees=n != 0) for n in range(12)]
    shop.publish(sms(), rule)
    clock.forward(hours=1)
    shop.tick()
    clock.forward(days=2)
    buyers = people[:5]
    for person in buyers:
        shop.order(person, amount="50")
        shop.order(person, amount="7", status="refunded")
    clock.forward(days=6)
    shop.order(people[6], amount="1000")  # too late
    found = measured(shop, "daily")
    with shop.work() as uow:
        own = book_of(uow).rules["daily"].rule
    arms = {person: arm_of(own, person) for person in people}
    groups = {group.name: group for group in found.groups}
    for name in ("treatment", "control"):
        mine = [person for person in people if arms[person] == name]
        won = [person for person in mine if person in buyers]
        assert (groups[name].n, groups[name].converted) == (len(mine), len(won))
        assert groups[name].value == Decimal(50) * len(won)
    assert groups["control"].reached["sent"] == 0
    assert groups["treatment"].reached["sent"] == sum(
        arms[person] == "treatment" for person in people[1:]
    )
    assert found.entered == 12
    assert found.unfinished == 0
    assert found.few
    ((one, other, difference),) = found.compared
    assert (one, other) == ("treatment", "control")
    assert difference.low < difference.difference < difference.high


def test_every_number_opens_the_people_behind_it(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey(goal=GOAL))
    anna, bob = shop.customer(name="Anna"), shop.customer(name="Bob")
    shop.order(anna)
    shop.order(bob)
    shop.tick()
    clock.forward(days=1)
    shop.order(anna, amount="80")
    with shop.work() as uow:
        won = people_behind(uow, SYSTEM, "greet", Behind(converted=True))
        others = people_behind(uow, SYSTEM, "greet", Behind("treatment", False))
    assert [(each.title, each.deeds[0].value) for each in won] == [("Anna", Decimal(80))]
    assert [each.title for each in others] == ["Bob"]


def test_without_a_goal_there_is_still_what_was_done(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.tick()
    found = measured(shop, "greet")
    assert (found.goal, found.entered, found.messages) == (None, 1, {"sent": 1})
    assert found.outcomes == {"finished": 1}
    assert found.groups[0].value is None


def test_orders_imported_with_their_own_date_count_by_it(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey(goal=GOAL))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    clock.forward(days=20)
    shop.order(anna, paid_at=clock() - timedelta(days=17), automation="none")
    shop.order(anna, paid_at=clock() - timedelta(days=2), automation="none")
    assert measured(shop, "greet").groups[0].converted == 1
