"""A rule that people start, from the menu of a record's page."""

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.rule_engine.service import pause_rule
from tests.rule_engine.test_api import Program
from tests.support.rule_shop import SYSTEM, RuleShop, journey
from tests.support.site import Site, words_of

ANNA = "/w/shop/forms/customers/records/1"
START = "/w/shop/rules/greet/start/customers/1"
GOLD = {"field": "tier", "op": "is", "value": "gold"}


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with Anna, who is no gold customer, and two rules that people start."""
    made = RuleShop(database, workspace).open()
    wait = [{"do": "wait", "for": "1d"}]
    made.publish(
        journey(trigger={"on": "manual"}, steps=wait),
        journey("gold", trigger={"on": "manual"}, when=GOLD, steps=wait),
        journey("other", trigger={"on": "scan", "every": "day", "at": "10:00"}, steps=wait),
    )
    made.customer(name="Anna", tier="basic")
    return made


def test_the_menu_starts_a_rule_and_says_what_came_of_it(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    menu = words_of(owner.get(ANNA).text)
    assert {"Start “greet”", "Start “gold”"} <= set(menu)
    assert "Start “other”" not in menu
    assert owner.send(START).headers["Location"].endswith(ANNA)
    assert "“greet” has started for Anna." in words_of(owner.get(ANNA).text)
    assert [run.record for run in shop.runs("greet")] == [1]
    owner.send(START)
    assert any("is in “greet” already" in words for words in words_of(owner.get(ANNA).text))
    owner.send(START.replace("greet", "gold"))
    assert any("do not fit Anna" in words for words in words_of(owner.get(ANNA).text))
    assert (len(shop.runs("greet")), len(shop.runs("gold"))) == (1, 0)


def test_what_cannot_be_started_is_not_offered_and_refused(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    assert "Start “greet”" not in words_of(owner.get(ANNA).text)
    owner.send(START)
    assert any("is paused, so it was not" in words for words in words_of(owner.get(ANNA).text))
    for wrong in ("other/start/customers/1", "greet/start/customers/999", "greet/start/orders/1"):
        assert owner.send(f"/w/shop/rules/{wrong}").status_code == 404
    clerk = site.signed_in("Carl", "clerk")
    assert "Start “gold”" not in words_of(clerk.get(ANNA).text)
    assert clerk.send(START).status_code == 403
    assert shop.runs("greet") == []


MANY = "/w/shop/rules/start/customers"


def test_a_rule_is_started_for_a_list_after_the_count(shop: RuleShop, site: Site) -> None:
    shop.customer(name="Ben", tier="gold")
    owner = site.signed_in()
    listed = owner.get("/w/shop/forms/customers/records").text
    assert "Start a rule for these" in words_of(listed)
    assert {"Anna", "Ben", "greet", "gold"} <= set(words_of(owner.get(MANY).text))
    gold = f"{MANY}?q=Ben"
    counted = words_of(owner.send(gold, {"rule": "gold", "whom": "all", "how": "now"}).text)
    assert "It would start for 1 record." in counted
    assert shop.runs("gold") == []
    assert owner.send(gold, {"rule": "gold", "whom": "all", "sure": "1"}).status_code == 303
    assert [run.record for run in shop.runs("gold")] == [2]
    nobody = owner.send(MANY, {"rule": "greet", "whom": "some"})
    assert (nobody.status_code, "Tick at least one" in nobody.text) == (422, True)
    owner.send(MANY, {"rule": "greet", "whom": "some", "record": "1", "sure": "1"})
    assert [run.record for run in shop.runs("greet")] == [1]
    clerk = site.signed_in("Carl", "clerk")
    assert "Start a rule for these" not in words_of(
        clerk.get("/w/shop/forms/customers/records").text
    )
    assert clerk.get(MANY).status_code == 403


def test_programs_and_the_command_line_start_it_for_many(
    shop: RuleShop, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(site)
    wish = {"filter": {"field": "tier", "op": "is", "value": "basic"}}
    counted = program("POST", "/rules/greet/start-many", {**wish, "dry_run": True}).get_json()
    assert counted["counted"] == {"asked": 1, "would": 1, "busy": 0, "unfit": 0}
    wrong = {"filter": {"field": "gone", "op": "is", "value": 1}}
    assert program("POST", "/rules/greet/start-many", wrong).status_code == 422
    started = program("POST", "/rules/greet/start-many", wish).get_json()["started"]
    assert (started["entered"], started["waiting"]) == (1, 0)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(shop.database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", shop.database.url)
    told = CliRunner().invoke(main, ["rules", "start-many", "other", "--dry-run"]).output
    assert told == "It would start for 1 record.\n"
    done = CliRunner().invoke(main, ["rules", "start-many", "other", "--search", "Anna"]).output
    assert "has started for 1 record" in done
    assert (
        CliRunner().invoke(main, ["rules", "start-many", "other", "--filter", "["]).exit_code == 2
    )
