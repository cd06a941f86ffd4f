"""A goal of one's own, as page, API and command: kept from a rule, changed, put away."""

import json

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from tests.rule_engine.test_api import Program
from tests.support.rule_shop import SILENT_30, RuleShop, journey, sms
from tests.support.site import Site, words_of

DAYS = "when/value/n"
AS_GOAL = "/w/shop/rules/greet/as-goal"
EDIT = "/w/shop/rules/gallery/come_back/edit"


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with a rule that looks for who was silent for thirty days."""
    made = RuleShop(database, workspace).open()
    daily = {"on": "scan", "every": "day", "at": "10:00"}
    made.publish(sms(), journey(trigger=daily, when=SILENT_30))
    return made


def test_an_owner_keeps_a_rule_as_a_goal_and_begins_it_again(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert "as-goal" in owner.get("/w/shop/rules/greet").text
    offered = words_of(owner.get(AS_GOAL).text)
    assert {"What shall be asked?", "Now: 30 days", "Now: 10:00"} <= set(offered)
    nameless = owner.send(AS_GOAL, {"label": "", "icon": "heart"})
    assert nameless.status_code == 422
    values = {"label": "Come back", "description": "Soon", "icon": "heart", "ask": DAYS}
    kept = owner.send(AS_GOAL, {**values, f"question/{DAYS}": "After how many days?"})
    assert kept.headers["Location"].endswith("/rules/gallery/come_back")
    assert "Come back" in words_of(owner.get("/w/shop/rules/gallery").text)
    page = words_of(owner.get("/w/shop/rules/gallery/come_back").text)
    assert {"Soon", "After how many days?", "Change this goal"} <= set(page)
    begun = owner.send("/w/shop/rules/gallery/come_back", {"place_1": "45"})
    assert begun.headers["Location"].endswith("/rules/come_back/compose")


def test_each_value_is_asked_for_by_what_it_is_for(shop: RuleShop, site: Site) -> None:
    wait = {"do": "wait_for", "any": [{"on": "message_clicked", "of": "hello"}], "timeout": "7d"}
    steps = [*journey()["steps"], wait]
    shop.publish(journey(steps=steps, entry={"min_gap_days": 30}))
    page = site.signed_in().get(AS_GOAL).text
    for question in ("days may somebody come in again?", "days shall it wait for an answer?"):
        assert question in page


def test_it_is_changed_with_all_mistakes_said_and_deleted(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    asked = {f"question/{DAYS}": "After how many days?", "ask": DAYS}
    owner.send(AS_GOAL, {"label": "Come back", "icon": "star", **asked})
    editor = owner.get(EDIT).text
    assert "Answered with a number." in words_of(editor)
    wrong = owner.send(EDIT, {"label": "Come back", "1/default": "many"})
    assert wrong.status_code == 422
    assert "cannot be read as JSON" in owner.send(EDIT, {"source": "{"}).text
    assert owner.send(EDIT, {"source": '{"key": "other"}'}).status_code == 422
    saved = owner.send(EDIT, {"label": "See you", "1/default": "60", "1/help": "Full days"})
    assert saved.status_code == 303
    page = owner.get("/w/shop/rules/gallery/come_back").text
    assert ("See you" in page, "Full days" in page, 'value="60"' in page) == (True, True, True)
    gone = owner.send("/w/shop/rules/gallery/come_back/delete")
    assert gone.headers["Location"].endswith("/rules/gallery")
    assert owner.get("/w/shop/rules/gallery/come_back").status_code == 404
    assert owner.get("/w/shop/rules/gallery/second_purchase/edit").status_code == 404
    assert site.signed_in("Carl", "clerk").get(AS_GOAL).status_code == 403


def test_a_program_keeps_reads_writes_and_removes_it(shop: RuleShop, site: Site) -> None:
    program = Program(site)
    body = {"label": "Come back", "ask": {DAYS: "After how many days?"}}
    made = program("POST", "/rules/greet/keep-as-goal", body)
    assert (made.status_code, made.get_json()) == (201, {"goal": "come_back"})
    goal = program("GET", "/goals/come_back").get_json()
    goal["places"][1]["default"] = 90
    assert program("PUT", "/goals/come_back", goal).status_code == 200
    assert program("POST", "/goals/come_back/publish").get_json()["version"] == 2
    listed = {each["key"]: each for each in program("GET", "/goals").get_json()["goals"]}
    assert listed["come_back"]["places"][1]["value"] == "90"
    assert program("PUT", "/goals/come_back", {**goal, "places": []}).status_code == 422
    assert program("DELETE", "/goals/come_back").status_code == 204
    assert program("GET", "/goals/come_back").status_code == 404


def test_the_command_line_keeps_one_too(
    shop: RuleShop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(shop.database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", shop.database.url)
    keep = ["goal", "keep", "greet", "--name", "Come back", f"{DAYS}=After how long?"]
    assert CliRunner().invoke(main, keep).exit_code == 0
    shown = CliRunner().invoke(main, ["goal", "show", "come_back"])
    assert json.loads(shown.output)["places"][1]["label"] == "After how long?"


def test_a_field_that_only_a_goal_names_is_told_as_used(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    owner.send(AS_GOAL, {"label": "Come back", "icon": "heart", "ask": DAYS,
                         f"question/{DAYS}": "After how many days?"})  # fmt: skip

    def goals(ref: str) -> list[str]:
        asked = site.visitor().get(f"/api/v1/forms/{ref}/used-by", headers=site.token())
        return [use["key"] for use in (asked.json or {})["uses"] if use["kind"] == "goal"]

    assert goals("orders/fields/paid_at") == ["come_back"]  # how long nobody came
    assert goals("customers/fields/birthday") == []
    assert goals("coupons/fields/code") == []
    assert "Come back" in owner.get("/w/shop/definitions/form/customers/used-by").text
