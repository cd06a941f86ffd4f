"""What a shop allows itself: a day in number and money, caps over all rules, whose clock."""

from typing import Any

import sqlalchemy as sa

from regulars.platform.mailer import MemoryMailer
from regulars.rule_engine.channels.base import Outgoing, Provider, Surroundings, providers
from regulars.rule_engine.policy_keeping import change_policy, spent_today
from regulars.rule_engine.service import choose_provider
from regulars.rule_engine.tables import outbound
from tests.support.clocks import MovableClock
from tests.support.rule_shop import CUSTOMERS, SYSTEM, RuleShop, journey, sms


class Carrier(Provider):
    """A provider of short messages that takes everything, and costs money."""

    name = "carrier"
    channels = frozenset({"sms"})

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        return f"c-{outgoing.key}"


def through_carrier(shop: RuleShop, monkeypatch: Any, **policy: Any) -> None:
    known = {each.name: each for each in providers} | {"carrier": Carrier()}
    monkeypatch.setattr(providers, "_kinds", known)
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "sms", "carrier")
        change_policy(uow, SYSTEM, policy)


def statuses(shop: RuleShop) -> list[tuple[str, str | None]]:
    return [(each.status, (each.reason or {}).get("code")) for each in shop.messages()]


def test_a_day_ends_at_its_number_and_goes_on_tomorrow(
    shop: RuleShop, clock: MovableClock, monkeypatch: Any
) -> None:
    through_carrier(shop, monkeypatch, day_number=2)
    shop.publish(sms(), journey(steps=[{
        "do": "send_message", "message": "hello", "channel": "sms", "not_later_than": "2d",
    }]))  # fmt: skip
    for _ in range(3):
        shop.order(shop.customer())
    shop.tick()
    assert statuses(shop) == [("sent", None), ("sent", None), ("queued", "day-number")]
    assert shop.messages()[2].due_at.isoformat() == "2026-03-10T16:00:00+00:00"  # midnight there
    clock.forward(days=1)
    shop.tick()
    assert [status for status, _code in statuses(shop)] == ["sent"] * 3


def test_money_is_parts_times_the_price(shop: RuleShop, monkeypatch: Any) -> None:
    through_carrier(shop, monkeypatch, sms_price="0.05", day_cost="0.19")
    shop.publish(sms(text="好" * 71), journey())
    for _ in range(2):
        shop.order(shop.customer())
    shop.tick()
    assert statuses(shop) == [("sent", None), ("queued", "day-cost")]
    first = shop.messages()[0]
    assert (first.parts, first.cost, first.provider) == (2, 1000, "carrier")
    with shop.work() as uow:
        assert (spent_today(uow).number, spent_today(uow).cost) == (1, 1000)


def test_the_shops_cap_counts_over_all_rules(shop: RuleShop, monkeypatch: Any) -> None:
    through_carrier(shop, monkeypatch, caps={"marketing": {"n": 1, "days": 7}})
    shop.publish(sms(), journey("one"), journey("two"))
    shop.order(shop.customer())
    shop.tick()
    assert sorted(statuses(shop), key=str) == [("sent", None), ("suppressed", "shop-cap")]


def test_quiet_hours_follow_the_persons_own_clock(
    shop: RuleShop, clock: MovableClock, monkeypatch: Any
) -> None:
    through_carrier(
        shop, monkeypatch, quiet_hours=["21:00", "09:00"], quiet_zone="person"
    )  # noon in Shanghai is midnight in New York
    living = {**CUSTOMERS, "person": {**CUSTOMERS["person"], "zone": "note"}}
    shop.publish(living)
    shop.publish(sms(), journey())
    for zone in ("America/New_York", "Mars/Olympus", None):
        shop.order(shop.customer(note=zone))
    shop.tick()
    assert [status for status, _code in statuses(shop)] == ["queued", "sent", "sent"]


def test_merged_values_are_kept_for_templates_in_their_order(shop: RuleShop) -> None:
    shop.publish(sms(text="{name|friend}, {total_spend} {tier|you}"), journey())
    shop.order(shop.customer(name="Anna"))
    shop.tick()
    (message,) = shop.messages()
    with shop.work() as uow:
        values = uow.scalar(sa.select(outbound.c.merged).where(outbound.c.id == message.id))
    assert [name for name, _value in values] == ["name", "total_spend", "tier"]
    assert values[0] == ["name", "Anna"]
    assert isinstance(shop.mailer, MemoryMailer)
