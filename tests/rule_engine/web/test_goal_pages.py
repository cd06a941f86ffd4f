"""The gallery of goals, as page, API and command."""

import json

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.rule_engine.simulating.desk import SimulationDesk
from tests.rule_engine.test_api import Program
from tests.support.rule_shop import RuleShop
from tests.support.site import Site, words_of

GALLERY = "/w/shop/rules/gallery"


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with one customer who bought."""
    made = RuleShop(database, workspace).open()
    made.order(made.customer(name="Anna"))
    return made


def test_an_owner_chooses_a_goal_sees_it_on_her_forms_and_begins(
    shop: RuleShop, site: Site
) -> None:
    owner = site.signed_in()
    shown = words_of(owner.get(GALLERY).text)
    assert {"Win customers back", "Be reminded of a date", "See what it still needs"} <= set(shown)
    page = words_of(owner.get(f"{GALLERY}/second_purchase").text)
    assert {"Found on your forms:", "Customers", "Orders"} <= set(page)
    assert "Nobody fits now." in page
    looked = owner.htmx("POST", f"{GALLERY}/second_purchase/look", {"days": "0", "opened": "1"})
    assert looked.status_code == 200
    assert "A whole number from 1 to 365." in words_of(looked.text)
    refused = owner.send(f"{GALLERY}/second_purchase", {"days": "many"})
    assert refused.status_code == 422
    begun = owner.send(f"{GALLERY}/second_purchase", {"days": "7"})
    assert begun.headers["Location"].endswith("/rules/second_purchase/compose")
    waits = owner.get("/w/shop/rules/second_purchase/expected").text
    assert 'hx-trigger="load delay' in waits
    SimulationDesk(shop.database).answer()
    told = words_of(owner.get("/w/shop/rules/second_purchase/expected").text)
    assert "reached 0 people" in told


def test_what_the_forms_lack_is_said_with_the_way_to_them(shop: RuleShop, site: Site) -> None:
    page = site.signed_in().get(f"{GALLERY}/bad_feedback").text
    assert "Your forms cannot do this yet" in page
    assert "Begin with this rule" not in page
    assert site.signed_in("Carl", "clerk").get(GALLERY).status_code == 403
    assert site.signed_in().get(f"{GALLERY}/nothing").status_code == 404


def test_a_program_lists_looks_and_begins(shop: RuleShop, site: Site) -> None:
    program = Program(site)
    listed = {each["key"]: each for each in program("GET", "/goals").get_json()["goals"]}
    assert (listed["win_back"]["fits"], listed["bad_feedback"]["fits"]) == (True, False)
    chosen = {"places": {"days": "45"}}
    looked = program("POST", "/goals/win_back/look", chosen).get_json()
    assert (looked["count"], looked["problems"]) == (0, [])
    refused = program("POST", "/goals/win_back/begin", {"places": {"days": "x", "people": "y"}})
    assert refused.status_code == 422
    assert {each["path"] for each in refused.get_json()["problems"]} == {"people", "days"}
    begun = program("POST", "/goals/win_back/begin", chosen)
    assert (begun.status_code, begun.get_json()["rule"]) == (201, "win_back")
    assert begun.get_json()["messages"] == ["goal_win_back_1", "goal_win_back_2"]


def test_the_command_line_says_first_and_begins_then(
    shop: RuleShop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(shop.database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", shop.database.url)
    run = CliRunner().invoke
    assert "✗ bad_feedback" in run(main, ["rules", "goals"]).output
    words = run(main, ["rules", "begin", "thank_you", "hours=48", "--dry-run"]).output
    assert "48 hours" in words
    with shop.work() as uow:
        assert store.list_drafts(uow, "rule") == []
    made = run(main, ["--json", "rules", "begin", "thank_you", "hours=48"])
    assert json.loads(made.output)["rule"] == "thank_you"
    assert run(main, ["rules", "begin", "thank_you", "hours"]).exit_code == 2
