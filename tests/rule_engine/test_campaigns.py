"""Campaigns: once, to everybody who fits at one moment, compared and stopped."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.errors import Invalid
from regulars.rule_engine.book import book_of
from regulars.rule_engine.campaigning import CampaignWish
from regulars.rule_engine.entering import arm_of
from regulars.rule_engine.measuring.effect import Behind, effect_of, people_behind
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


COUPON_USED = {"field": "amount", "op": "is", "value": 1}


def test_the_way_from_reached_to_bought_is_counted_by_hand(
    shop: RuleShop, clock: MovableClock
) -> None:
    """Ten people and no control group: eight agreed and are reached, three use their coupon, of
    whom two buy for 90 and 30 within the week; one buys for 60 without it, one too late. A fourth
    coupon is used too late."""
    people = [shop.customer(agrees=n < 8) for n in range(10)]
    goal = {"goal_form": "orders", "goal_days": 7, "goal_only": "orders.status=paid"}
    rule = campaign(**goal, goal_value="orders.amount")
    gift = {
        "id": "gift", "do": "create_record", "form": "coupons", "as": "coupon",
        "values": {"customer": {"formula": "subject"}, "amount": 5},
    }  # fmt: skip
    redeemed = {"form": "coupons", "where": COUPON_USED}
    shop.publish(sms(), {**rule, "redeemed": redeemed, "steps": [gift, *rule["steps"]]})
    clock.forward(days=1)
    shop.tick()
    with shop.work() as uow:
        coupons = catalog_of(uow).tables["coupons"].main
        mine = dict(list(uow.execute(sa.select(coupons.c.customer, coupons.c.id))))
    for person in people[:3]:
        shop.change("coupons", mine[person], amount="1")
    clock.forward(days=2)
    for person, amount in ((people[0], "90"), (people[1], "30"), (people[5], "60")):
        shop.order(person, amount=amount)
    shop.order(people[2], amount="1000", status="refunded")
    clock.forward(days=6)
    shop.order(people[4], amount="500")  # too late
    shop.change("coupons", mine[people[6]], amount="1")  # used too late
    shop.change("coupons", mine[people[2]], amount="2")  # what happens after its time is not asked
    with shop.work() as uow:
        found = effect_of(uow, SYSTEM, "spring")
        used = people_behind(uow, SYSTEM, "spring", Behind("treated", stage="redeemed"))
        bought = people_behind(uow, SYSTEM, "spring", Behind(stage="bought", ending="finished"))
    with shop.work(NOW + timedelta(days=2)) as uow:
        (early,) = effect_of(uow, SYSTEM, "spring").groups
    (group,) = found.groups
    assert group.reached == {"sent": 8, "clicked": 0, "replied": 0, "redeemed": 3, "bought": 3}
    assert (group.value, found.gains) == (Decimal(180), [])
    assert (early.reached["redeemed"], early.reached["bought"]) == (3, 0)
    assert {each.record for each in used} == set(people[:3])
    assert {each.record for each in bought} == {people[0], people[1], people[5]}


def test_the_control_group_gets_neither_message_nor_gift(
    shop: RuleShop, clock: MovableClock
) -> None:
    people = [shop.customer() for _ in range(12)]
    gift = {
        "id": "gift", "do": "create_record", "form": "coupons", "as": "coupon",
        "values": {"customer": {"formula": "subject"}, "code": {"formula": "RANDOM_CODE(6)"}},
    }  # fmt: skip
    rule = campaign(control=50)
    shop.publish(sms(text="Yours: {coupon.code}"), {**rule, "steps": [gift, *rule["steps"]]})
    clock.forward(days=1)
    shop.tick()
    with shop.work() as uow:
        pinned = book_of(uow).rules["spring"].rule
        coupons = catalog_of(uow).tables["coupons"].main
        given = set(uow.execute(sa.select(coupons.c.customer)).scalars())
    treated = {each for each in people if arm_of(pinned, each) == "treatment"}
    assert given == treated
    assert 0 < len(treated) < len(people)
    assert {row.record for row in shop.messages(status="sent")} == treated
    assert {row.outcome for row in shop.runs("spring")} == {"finished"}
    assert len(shop.messages(status="withheld")) == len(people) - len(treated)


def test_the_gain_in_money_is_compared_with_control(shop: RuleShop, clock: MovableClock) -> None:
    people = [shop.customer() for _ in range(24)]
    goal = {"goal_form": "orders", "goal_days": 7, "goal_value": "orders.amount"}
    shop.publish(sms(), campaign(control=50, **goal))
    clock.forward(days=1)
    shop.tick()
    with shop.work() as uow:
        rule = book_of(uow).rules["spring"].rule
    spent = {True: [80, 20], False: [30]}  # by treatment
    for arm, amounts in spent.items():
        mine = [each for each in people if (arm_of(rule, each) == "treatment") is arm]
        for person, amount in zip(mine, amounts, strict=False):
            shop.order(person, amount=str(amount), at=clock() + timedelta(days=1))
    n = sum(arm_of(rule, each) == "treatment" for each in people)
    with shop.work(clock() + timedelta(days=2)) as uow:
        ((one, other, found),) = effect_of(uow, SYSTEM, "spring").gains
    assert (one, other) == ("treatment", "control")
    assert found.each == Decimal(100) / n - Decimal(30) / (24 - n)
    spread = (6800 - 10000 / n) / (n - 1) / n + (900 - 900 / (24 - n)) / (23 - n) / (24 - n)
    assert float(found.high - found.each) == pytest.approx(1.959963984540054 * spread**0.5)


def test_the_form_makes_a_gift_that_can_be_redeemed() -> None:
    wish = CampaignWish(
        "Spring", "customers", "hello", "sms", NOON_TOMORROW, gift="coupons:customer",
        gift_used="coupons.status=used",
    )  # fmt: skip
    made = wish.rule("spring", "marketing")
    used = {"field": "status", "op": "is", "value": "used"}
    assert made["redeemed"] == {"form": "coupons", "where": used}
    assert [(step["do"], step.get("as")) for step in made["steps"]] == [
        ("create_record", "coupon"), ("send_message", None),
    ]  # fmt: skip
    assert made["steps"][0]["values"] == {"customer": {"formula": "subject"}}


def test_what_counts_as_redeemed_must_be_something_the_rule_makes(shop: RuleShop) -> None:
    redeemed = {"form": "coupons", "where": COUPON_USED}
    with pytest.raises(Invalid) as refused:
        shop.publish(sms(), {**campaign(), "redeemed": redeemed})
    assert {each.code for each in refused.value.problems} == {"makes-no-such-record"}
