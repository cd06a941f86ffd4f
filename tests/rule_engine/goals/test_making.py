"""A goal made of a rule: what may be asked for, and that it makes the same rule again."""

from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.rule_engine.goals.beginning import begin, sheet_of
from regulars.rule_engine.goals.guessing import look
from regulars.rule_engine.goals.keeping import GoalWish, change_goal, keep_as_goal, write_goal
from regulars.rule_engine.goals.making import openings_of
from tests.support.digests import BY_DAY, digest
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, sms

WIN_BACK = journey(
    "win_back",
    trigger={"on": "scan", "every": "day", "at": "10:00"},
    when={"all": [SILENT_30, {"field": "total_spend", "op": "gte", "value": "500"}]},
    entry={"min_gap_days": 30},
    goal={"form": "orders", "link": "customer", "within_days": 14},
    steps=[
        {"id": "s", "do": "send_message", "message": "hello", "channel": "sms"},
        {"id": "w", "do": "wait_for", "timeout": "7d", "any": [
            {"on": "record_created", "form": "orders", "link": "customer"}],
         "timed_out": [{"id": "t", "do": "create_task", "title": {
             "en": "Call", "zh-Hans": "打电话"}}]},
    ],
)  # fmt: skip
DAYS = "when/all/0/value/n"


@pytest.fixture
def kept(shop: RuleShop) -> RuleShop:
    """A shop with the rule and its text."""
    shop.publish(sms(), WIN_BACK)
    return shop


def test_everything_that_may_be_asked_for_is_found() -> None:
    found = [(each.path, each.kind, each.value, each.unit) for each in openings_of(WIN_BACK)]
    assert found == [
        ("trigger/at", "time", "10:00", ""),
        (DAYS, "number", 30, "day"),
        ("when/all/1/value", "number", 500, ""),
        ("entry/min_gap_days", "number", 30, "day"),
        ("goal/within_days", "number", 14, "day"),
        ("steps/0/channel", "channel", "sms", ""),
        ("steps/1/timeout", "number", 7, "day"),
        ("steps/1/timed_out/0/title", "text", {"en": "Call", "zh-Hans": "打电话"}, ""),
    ]


def test_begun_with_its_usual_answers_it_is_the_same_rule_again(kept: RuleShop) -> None:
    ask = {each.path: "How much?" for each in openings_of(WIN_BACK)}
    with kept.work() as uow:
        made = keep_as_goal(uow, SYSTEM, "win_back", GoalWish("Come back", "Soon", "heart", ask))
        goal = snapshot(uow).get("goal", made)
        sheet = sheet_of(uow, SYSTEM, made, {})
        begun = begin(uow, SYSTEM, made, {})
        again = store.get_draft(uow, "rule", begun.rule).raw
        text = snapshot(uow).get("message", begun.messages[0])
    assert (made, goal.icon, len(goal.places)) == ("come_back", "heart", 9)
    assert sheet.values["people"] == "customers"
    texts = {"title": "打电话"}  # the first language of whoever began it
    steps: Any = [*WIN_BACK["steps"]]
    steps[0] = {**steps[0], "message": "hello_2"}
    steps[1] = {**steps[1], "timed_out": [{**steps[1]["timed_out"][0], **texts}]}
    when = {"all": [SILENT_30, {**WIN_BACK["when"]["all"][1], "value": 500}]}
    expected = {**WIN_BACK, "steps": steps, "when": when}
    names = ("kind", "key", "label")
    assert {k: v for k, v in again.items() if k not in (*names, "schema", "description")} == {
        k: v for k, v in expected.items() if k not in names
    }
    assert text.channels["sms"]["text"] == sms()["channels"]["sms"]["text"]


def test_other_answers_make_another_rule(kept: RuleShop) -> None:
    ask = {DAYS: "多少天？", "steps/1/timeout": "How long?"}
    with kept.work() as uow:
        made = keep_as_goal(uow, SYSTEM, "win_back", GoalWish("Come back", ask=ask))
        days = snapshot(uow).get("goal", made).place("place_1")
        begun = begin(uow, SYSTEM, made, {"place_1": "60", "place_2": "3"})
        raw = store.get_draft(uow, "rule", begun.rule).raw
    assert days is not None
    assert days.label == {"en": "How many days?", "zh-Hans": "多少天？", "zh-Hant": "多少天？"}
    assert (raw["when"]["all"][0]["value"]["n"], raw["steps"][1]["timeout"]) == (60, "3d")


@pytest.mark.parametrize(
    ("parts", "code"), [({}, "required"), ({"subject": "nothing"}, "unpublished-form")]
)
def test_a_rule_that_is_only_begun_makes_no_goal(
    shop: RuleShop, parts: dict[str, Any], code: str
) -> None:
    begun = {"kind": "rule", "key": "begun", "class": "journey", **parts}
    with shop.work() as uow:
        store.save_draft(uow, SYSTEM, "rule", begun)
        with pytest.raises(Invalid) as refused:
            keep_as_goal(uow, SYSTEM, "begun", GoalWish("Begun"))
    assert [(each.path, each.code) for each in refused.value.problems] == [("rule/subject", code)]


def test_everything_wrong_is_said_and_nothing_is_kept(kept: RuleShop) -> None:
    kept.publish(BY_DAY, digest())
    wish = GoalWish("", icon="skull", ask={"steps/9/n": "?", DAYS: " "})
    with kept.work() as uow:
        with pytest.raises(Invalid) as refused:
            keep_as_goal(uow, SYSTEM, "win_back", wish)
        with pytest.raises(Invalid, match="goal-of-this-class"):
            keep_as_goal(uow, SYSTEM, "weekly", GoalWish("Reports"))
        assert store.list_drafts(uow, "goal") == []
    assert {(each.path, each.code) for each in refused.value.problems} == {
        ("label", "required"), ("icon", "shape-enum"), ("ask/steps/9/n", "goal-cannot-ask"),
        (f"ask/{DAYS}", "required"),
    }  # fmt: skip


def test_its_questions_are_changed_and_what_is_wrong_is_refused(kept: RuleShop) -> None:
    with kept.work() as uow:
        made = keep_as_goal(uow, SYSTEM, "win_back", GoalWish("Back", ask={DAYS: "多少天？"}))
        new = {"label": "Come back", "1/help": "In full days", "1/default": "45", "1/least": "7"}
        change_goal(uow, SYSTEM, made, new)
        goal = snapshot(uow).get("goal", made)
        sheet = look(goal, catalog_of(uow), {}, "en")
        with pytest.raises(Invalid):
            change_goal(uow, SYSTEM, made, {**new, "1/default": "many"})
        with pytest.raises(Invalid):
            write_goal(uow, SYSTEM, made, {"key": made})
    place = goal.place("place_1")
    assert place is not None
    assert (goal.label, place.help, place.settings["default"]) == ("Come back", "In full days", 45)
    assert place.label["zh-Hans"] == "多少天？"
    assert sheet.values["place_1"] == 45
