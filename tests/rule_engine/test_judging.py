"""May a message leave now: one pure question with all its answers."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.rule_engine.definition import Cap, Guards
from regulars.rule_engine.judging import Facts, Moment, Question, Spent, judge
from regulars.rule_engine.policy import SendingPolicy

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)  # 12:00 in Shanghai
NIGHT = (time(21), time(9))
AGREED = Facts(said=True)
OPEN, NOTHING = Guards(), Spent()


def ask(
    facts: Facts = AGREED, *, guards: Guards = OPEN, now: datetime = NOON,
    spent: Spent = NOTHING, cost: int = 0, purpose: str = "marketing",
    expires: timedelta | None = timedelta(days=1), **policy: Any,
) -> tuple[str, str | None]:  # fmt: skip
    question = Question(purpose, "sms", NOON, None if expires is None else NOON + expires, cost)
    verdict = judge(question, facts, guards, Moment(now, SHANGHAI, SendingPolicy(**policy), spent))
    assert (verdict.action == "later") == (verdict.at is not None)
    assert (verdict.action == "send") == (verdict.reason is None)  # every non-send says why
    return verdict.action, verdict.reason["code"] if verdict.reason else None


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({}, ("send", None)),
        ({"facts": Facts(said=None)}, ("suppress", "no-consent")),
        ({"facts": Facts(said=None), "purpose": "service"}, ("send", None)),
        ({"facts": Facts(said=False), "purpose": "service"}, ("suppress", "consent-withdrawn")),
        ({"facts": Facts(True, is_suppressed=True)}, ("suppress", "on-suppression-list")),
        ({"now": NOON + timedelta(days=2)}, ("suppress", "too-late")),
        ({"guards": Guards(cap=Cap(0, 7))}, ("suppress", "frequency-cap")),
        ({"caps": {"marketing": Cap(1, 30)}}, ("send", None)),
        (
            {"caps": {"marketing": Cap(1, 30)}, "facts": Facts(True, sent_at=[NOON])},
            ("suppress", "shop-cap"),
        ),
        ({"caps": {"news": Cap(0, 30)}}, ("send", None)),
        ({"day_number": 3, "spent": Spent(2)}, ("send", None)),
        ({"day_number": 3, "spent": Spent(3)}, ("later", "day-number")),
        (
            {"day_number": 3, "spent": Spent(3), "expires": timedelta(hours=2)},
            ("suppress", "day-number-too-late"),
        ),
        ({"day_cost": 1000, "spent": Spent(9, 900), "cost": 100}, ("send", None)),
        ({"day_cost": 1000, "spent": Spent(9, 901), "cost": 100}, ("later", "day-cost")),
        ({"day_cost": 0, "cost": 0}, ("send", None)),  # mail costs nothing
    ],
)
def test_each_answer_has_its_reason(given: dict[str, Any], answer: tuple[str, str | None]) -> None:
    assert ask(**given) == answer


def test_quiet_hours_of_the_shop_are_for_what_needs_consent() -> None:
    evening = NOON + timedelta(hours=10)
    assert ask(now=evening, quiet_hours=NIGHT) == ("later", "quiet-hours")
    assert ask(now=evening, quiet_hours=NIGHT, purpose="service") == ("send", None)


@pytest.mark.parametrize(
    ("zone", "whose", "answer"),
    [
        ("America/New_York", "person", ("later", "quiet-hours")),  # midnight there
        ("America/New_York", "shop", ("send", None)),
        (None, "person", ("send", None)),  # unknown: the shop's
    ],
)
def test_quiet_hours_are_read_by_the_clock_that_was_chosen(
    zone: str | None, whose: str, answer: tuple[str, str | None]
) -> None:
    facts = Facts(True, zone=ZoneInfo(zone) if zone else None)
    assert ask(facts, quiet_hours=NIGHT, quiet_zone=whose) == answer


def test_a_spent_budget_opens_again_at_the_shops_midnight() -> None:
    moment = Moment(NOON, SHANGHAI, SendingPolicy(day_number=1), Spent(1))
    verdict = judge(Question("service", "sms", NOON), Facts(), Guards(), moment)
    assert verdict.at == datetime(2026, 3, 10, 16, tzinfo=UTC)
