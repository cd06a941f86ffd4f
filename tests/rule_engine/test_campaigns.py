"""Campaigns: once, to everybody who fits at one moment, compared and stopped."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.platform.errors import Invalid
from regulars.rule_engine.campaigning import CampaignWish
from regulars.rule_engine.measuring.effect import effect_of
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

NOON_TOMORROW = "2026-03-11T12:00"


def campaign(**parts: Any) -> dict[str, Any]:
    """The rule of a filled-in campaign, without quiet hours in the way."""
    wish = CampaignWish("Spring", "customers", "hello", "sms", NOON_TOMORROW, **parts)
    assert list(wish.problems()) == []
    return wish.rule("spring", "marketing")


def test_it_goes_out_once_to_who_fits_at_that_moment(shop: RuleShop, clock: MovableClock) -> None:
    gold = {"field": "tier", "op": "is", "value": "gold"}
    early, other = shop.customer(tier="gold"), shop.customer(tier="basic")
    shop.publish(sms(), {**campaign(), "when": gold})
    shop.tick()
    assert shop.messages() == []
    late = shop.customer(tier="gold")  # fits before the moment, though not when it was published
    clock.forward(days=1)
    shop.tick()
    assert {row.record for row in shop.messages(status="sent")} == {early, late}
    shop.change("customers", other, tier="gold")
    clock.forward(days=3)
    shop.tick()
    assert len(shop.messages()) == 2


def test_arms_and_control_are_drawn_once_and_compared(shop: RuleShop, clock: MovableClock) -> None:
    people = [shop.customer() for _ in range(24)]
    goal = {"goal_form": "orders", "goal_days": 7}
    shop.publish(sms(), sms("other"), campaign(second="other", control=25, **goal))
    clock.forward(days=1)
    shop.tick()
    for person in people[:6]:
        shop.order(person, at=clock() + timedelta(days=1))
    with shop.work(clock() + timedelta(days=2)) as uow:
        found = effect_of(uow, SYSTEM, "spring")
    groups = {group.name: group for group in found.groups}
    assert set(groups) == {"a", "b", "control"}
    assert sum(group.n for group in found.groups) == 24
    assert sum(group.converted for group in found.groups) == 6
    sent = {name: group.reached["sent"] for name, group in groups.items()}
    assert sent == {"a": groups["a"].n, "b": groups["b"].n, "control": 0}
    assert [pair[:2] for pair in found.compared] == [
        ("a", "control"),
        ("b", "control"),
        ("a", "b"),
    ]


def test_one_published_just_after_its_moment_still_goes_out(
    shop: RuleShop, clock: MovableClock
) -> None:
    anna = shop.customer()
    for key, minutes, expected in (("soon", 30, 1), ("stale", 90, 1)):
        clock.now = NOW + timedelta(days=1, minutes=minutes)
        shop.publish(sms(), {**campaign(), "key": key})
        shop.tick()
        assert [row.record for row in shop.messages(status="sent")] == [anna] * expected


def test_a_campaign_says_when_and_only_once(shop: RuleShop) -> None:
    scanning = journey("bad", **{"class": "campaign"}, trigger={"on": "scan", "every": "day"})
    with pytest.raises(Invalid) as refused:
        shop.publish(sms(), scanning)
    assert "campaign-goes-once" in {problem.code for problem in refused.value.problems}
    wish = CampaignWish("", "", "x", "sms", "tomorrow", "x", percent=0, control=99)
    codes = [problem.code for problem in wish.problems()]
    assert codes.count("required") == 2
    assert {"not-a-datetime", "out-of-range", "same-text-twice"} <= set(codes)
