"""A rule said back whole: what was chosen, and what holds all the same."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.reading_back import Line, changes_in_words, rule_words
from regulars.rule_engine.speaking import speaker
from tests.support.rule_shop import PAID, SILENT_30, RuleShop, journey, mirror, sms

ENGLISH = system_access("en")
SCAN = {"on": "scan", "every": "day", "at": "10:00"}


def said(shop: RuleShop, raw: dict[str, Any], locale: str = "en") -> list[Line]:
    with shop.work() as uow:
        return rule_words(speaker(uow, system_access(locale)), Rule.from_json(raw))


def test_what_nobody_chose_is_said_as_usual(shop: RuleShop) -> None:
    shop.publish(sms())
    lines = said(shop, journey(trigger=SCAN, guards={}, when=SILENT_30))
    assert [line.text for line in lines if line.is_usual] == [
        "All times are the shop’s own (Asia/Shanghai).",
        "Each person enters once only.",
        "Who fits already when it is published is left out.",
        "If the computer was off at that time, it looks as soon as it is on again.",
        "Nothing ends it early.",
        "No goal is set, so nobody measures whether it works.",
        "Only people who agreed get messages.",
        "The rule itself sets no limit to how many messages a person gets.",
        "It sends as fast as the channel takes it.",
        "Everybody gets the messages; nobody is kept apart to compare with.",
        "The shop’s own limits for all sending hold as well.",
        "A message that would come more than 24 hours late is left out.",
    ]
    assert any("those without any do not count" in line.text for line in lines)


def test_what_was_chosen_is_said_before(shop: RuleShop) -> None:
    shop.publish(sms())
    rule = journey(
        trigger={**SCAN, "misfire": "skip"},
        entry={"key": "LAST(orders).id", "min_gap_days": 30, "group": "care",
               "max_live_per_group": 1, "backlog": "enrol", "per_day": 40},
        guards={"purpose": "service", "quiet_hours": ["21:00", "09:00"], "on_quiet": "skip",
                "cap": {"n": 2, "days": 7}, "max_per_hour": 500, "control_group": 5},
        goal={"form": "orders", "within_days": 14, "where": PAID, "value": "amount"},
        steps=[{"do": "send_message", "message": "hello", "channel": "sms",
                "not_later_than": "same_day"}],
    )  # fmt: skip
    chosen = [line.text for line in said(shop, rule) if not line.is_usual][2:]
    assert chosen == [
        "Each person enters once after each newest record in “orders”.",
        "At least 30 days lie between two entries of one person.",
        "A person is in only one rule of the group “care” at a time.",
        "Of those who fit already when it is published, 40 come in each day.",
        "If the computer was off at that time, that look is left out once it is two hours late.",
        "The goal is a new record in “Orders” within 14 days. Only where: “status” is “paid”. "
        "It is worth “amount”.",
        "It is a service message: it also goes to people who did not agree to marketing.",
        "Nothing is sent between 21:00 and 09:00; what falls into that time is left out.",
        "Nobody gets more than 2 messages in 7 days.",
        "To everybody together it sends at most 500 messages an hour.",
        "5 % get nothing, so that you can see what the messages bring.",
        "A message is sent on its day or not at all.",
    ]


@pytest.mark.parametrize("locale", ["en", "zh-Hans", "zh-Hant"])
def test_every_kind_of_rule_is_said_in_every_language(shop: RuleShop, locale: str) -> None:
    shop.publish(sms())
    birthday = {"on": "date_field", "field": "birthday", "yearly": True}
    for raw in (
        journey(), journey(trigger=birthday), journey(entry={"allow_self": True}),
        mirror("vip", PAID_UP, {"field": "tags", "add": "vip"}),
    ):  # fmt: skip
        assert all(line.text for line in said(shop, raw, locale))


PAID_UP = {"field": "total_spend", "op": "gte", "value": 1000}


def test_a_step_that_only_moved_is_said_once(shop: RuleShop) -> None:
    wait = {"do": "wait", "for": "1d"}
    tag = {"do": "add_tags", "field": "tags", "tags": ["met"]}
    before, after = (
        Rule.from_json(journey(steps=steps)) for steps in ([wait, tag], [tag, wait, wait])
    )
    with shop.work() as uow:
        found = changes_in_words(speaker(uow, ENGLISH), before, after)
    said = [(each.text, each.is_new) for each in found]
    assert [each for each in said if "In another place now" in each[0]] == [
        ("In another place now: Then: add the tag met", True)
    ]
    assert ("Then: wait 1 day", True) in said
    assert not [text for text, is_new in said if not is_new]
