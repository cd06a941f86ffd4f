"""Publishing with open eyes: what changes, whom it concerns, and the owner's word on them."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.releasing import SLOW_MS, Wishes, forecast, release
from tests.support.clocks import NOW
from tests.support.rule_shop import SILENT_30, RuleShop, journey

ENGLISH = system_access("en")
DAY = timedelta(days=1)


def lapsed(**parts: Any) -> dict[str, Any]:
    return journey(
        "lapsed", trigger={"on": "scan", "every": "day", "at": "10:00"}, when=SILENT_30,
        entry={"key": "LAST(orders).id"}, steps=[{"id": "s", "do": "wait", "for": "9d"}], **parts,
    )  # fmt: skip


@pytest.fixture
def silent(shop: RuleShop) -> RuleShop:
    """A shop with three people who have bought nothing for forty days."""
    for name in ("Anna", "Ben", "Cleo"):
        shop.order(shop.customer(name=name, at=NOW - 40 * DAY), at=NOW - 40 * DAY)
    return shop


def draft(shop: RuleShop, rule: dict[str, Any]) -> None:
    with shop.work(NOW) as uow:
        store.save_draft(uow, ENGLISH, "rule", rule)


def test_a_forecast_counts_who_fits_who_would_come_in_and_measures_the_look(
    silent: RuleShop,
) -> None:
    rule = Rule.from_json(lapsed())
    with silent.work(NOW) as uow:
        ticks = iter((1.0, 1.0 + SLOW_MS / 1000))
        told = forecast(uow, ENGLISH, rule, lambda: next(ticks))
        assert (told.matches, told.fresh, told.scan_ms, told.is_slow) == (3, 3, SLOW_MS, True)
        assert (told.inside, told.a_day, told.changes) == (0, None, [])
    silent.publish(lapsed(), at=NOW)
    with silent.work(NOW) as uow:
        again = forecast(uow, ENGLISH, rule)
    assert (again.matches, again.fresh) == (3, 3)  # left out is not in yet


def test_what_changes_is_told_in_sentences(silent: RuleShop) -> None:
    silent.publish(lapsed(), at=NOW)
    longer = {**SILENT_30, "value": {"n": 60, "unit": "day"}}
    with silent.work(NOW) as uow:
        told = forecast(uow, ENGLISH, Rule.from_json(lapsed() | {"when": longer})).changes
    assert [(each.is_new, "60 days" in each.text) for each in told] == [
        (False, False), (True, True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wishes", "entered"),
    [
        (Wishes(backlog="skip"), 0),
        (Wishes(backlog="enrol", per_day=2), 2),
        (Wishes(backlog="enrol"), 3),
        (Wishes(), 0),
    ],
)
def test_who_fits_already_comes_in_as_the_owner_says(
    silent: RuleShop, wishes: Wishes, entered: int
) -> None:
    draft(silent, lapsed())
    with silent.work(NOW) as uow:
        assert release(uow, ENGLISH, "lapsed", wishes) == (1, 0)
    silent.tick(NOW + DAY)
    assert len(silent.runs("lapsed", status="live")) == entered


def test_who_was_left_out_before_comes_in_when_all_are_taken_in(silent: RuleShop) -> None:
    silent.publish(lapsed(), at=NOW)
    draft(silent, lapsed(description="again"))
    with silent.work(NOW) as uow:
        release(uow, ENGLISH, "lapsed", Wishes(backlog="enrol"))
    silent.tick(NOW + DAY)
    assert len(silent.runs("lapsed", status="live")) == 3


def test_wrong_wishes_are_refused_together_and_nothing_is_published(silent: RuleShop) -> None:
    draft(silent, lapsed())
    wrong = Wishes(inside="vanish", backlog="some", per_day=0)
    with silent.work(NOW) as uow, pytest.raises(Invalid) as refused:
        release(uow, ENGLISH, "lapsed", wrong)
    assert [problem.path for problem in refused.value.problems] == ["inside", "backlog", "per_day"]
    with silent.work(NOW) as uow:
        assert store.get_draft(uow, "rule", "lapsed").published is None
