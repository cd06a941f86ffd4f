"""From a goal to a rule on a shop's own forms."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid, NotFound
from regulars.rule_engine.checks import check_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.goals.beginning import begin, glimpse, sheet_of
from regulars.rule_engine.goals.guessing import Sheet
from regulars.rule_engine.goals.shelf import goal_sources
from regulars.rule_engine.simulating import keeping
from regulars.seed_templates.catalogue import shelf_goals
from tests.support.clocks import NOW
from tests.support.rule_shop import RuleShop

ENGLISH = system_access("en")
OWN: dict[str, Any] = {
    "kind": "form", "key": "guests", "label": {"en": "Guests"}, "title": "{full_name}",
    "person": {"name": "full_name", "email": "mail"},
    "fields": [
        {"key": "full_name", "type": "text"},
        {"key": "mail", "type": "email"},
        {"key": "first_visit", "type": "date"},
        {"key": "next_check", "type": "date"},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def shelf() -> None:
    """The goals of the packs, as the application has them."""
    goal_sources.register("packs", shelf_goals)


def states(sheet: Sheet) -> dict[str, tuple[str, str]]:
    return {each.place.key: (each.value, each.state) for each in sheet.asked}


def test_a_goal_finds_its_places_on_the_forms_there_are(shop: RuleShop) -> None:
    with shop.work() as uow:
        sheet = sheet_of(uow, ENGLISH, "win_back", {})
    found = states(sheet)
    assert sheet.problems == ()
    assert found["people"] == ("customers", "sure")
    assert found["sales"] == ("orders", "guessed")  # coupons lead to customers, too
    assert found["bought_at"] == ("paid_at", "sure")
    assert found["paid"] == ("paid", "guessed")
    assert found["channel"] == ("sms", "guessed")
    assert found["days"] == ("30", "typed")


def test_a_goal_says_in_words_what_it_would_do_and_whom_it_fits_now(shop: RuleShop) -> None:
    silent = shop.customer(name="Anna", at=NOW)
    shop.order(silent, at=NOW)
    shop.customer(name="Never bought", at=NOW)
    with shop.work(NOW.replace(year=NOW.year + 1)) as uow:
        seen = glimpse(uow, ENGLISH, sheet_of(uow, ENGLISH, "win_back", {"days": "45"}))
        assert store.list_drafts(uow, "rule") == []
    assert seen.matches is not None
    assert [title for _id, title in seen.matches.sample] == ["Anna"]
    assert any("45" in line.text for line in seen.words)
    assert any("Win-back: first message" in line.text for line in seen.words)


@pytest.mark.parametrize(
    "key",
    ["win_back", "thank_you", "second_purchase", "birthday_wish", "vip_tag", "task_on_record",
     "tag_who_matches"],
)  # fmt: skip
def test_a_goal_becomes_a_rule_that_could_be_published(shop: RuleShop, key: str) -> None:
    given = {"form": "customers", "number": "order_count"}
    with shop.work(NOW) as uow:
        made = begin(uow, ENGLISH, key, given)
        raw = store.get_draft(uow, "rule", made.rule).raw
        assert store.check_drafts(uow, [("rule", made.rule)]) == []
        rule = Rule.from_json(raw)
        assert check_rule(rule, uow.memo["snapshot"]) == []
        row = keeping.latest(uow, ENGLISH, made.rule)
    assert (row is None) is rule.is_mirror
    assert made.rule == key
    if row is not None:
        assert (row.days, row.state) == (30, "due")


def test_beginning_twice_makes_two_rules_with_texts_of_their_own(shop: RuleShop) -> None:
    with shop.work(NOW) as uow:
        first = begin(uow, ENGLISH, "thank_you", {})
        second = begin(uow, ENGLISH, "thank_you", {"channel": "email"})
        raw = store.get_draft(uow, "rule", second.rule).raw
    assert (first.rule, second.rule) == ("thank_you", "thank_you_2")
    sent = [step.settings for step in Rule.from_json(raw).walk() if step.do == "send_message"]
    assert [(each["message"], each["channel"]) for each in sent] == [("goal_thank_you_2", "email")]


def test_what_is_unclear_is_asked_and_what_is_missing_is_named(shop: RuleShop) -> None:
    shop.publish(OWN)
    with shop.work() as uow:
        sheet = sheet_of(uow, ENGLISH, "remind_on_date", {"form": "guests"})
        assert states(sheet)["date"] == ("", "unsure")
        assert [problem.code for problem in sheet.problems] == ["goal-unsure"]
        chosen = sheet_of(uow, ENGLISH, "remind_on_date", {"form": "guests", "date": "next_check"})
        assert chosen.problems == ()
        other = sheet_of(uow, ENGLISH, "win_back", {"people": "guests"})
        assert {problem.path: problem.code for problem in other.problems} == {
            "sales": "goal-no-form", "buyer": "goal-waits", "bought": "goal-waits",
            "bought_at": "goal-waits",
        }  # fmt: skip
        assert [problem.path for problem in other.unfit] == ["sales"]


def test_wrong_choices_are_refused_together_and_nothing_is_kept(shop: RuleShop) -> None:
    given = {"days": "soon", "wait_days": "1000", "people": "orders", "channel": "pigeon"}
    with shop.work() as uow, pytest.raises(Invalid) as refused:
        begin(uow, ENGLISH, "win_back", given)
    assert {problem.path: problem.code for problem in refused.value.problems} == {
        "people": "goal-not-offered", "days": "not-a-number", "wait_days": "out-of-range",
        "channel": "goal-not-offered",
    }  # fmt: skip
    with shop.work() as uow:
        assert store.list_drafts(uow, "message") == []
        with pytest.raises(NotFound):
            sheet_of(uow, ENGLISH, "conquer_the_world", {})
