"""Buttons on a record: what they open and start, for whom, on the page and at the API."""

from typing import Any

import pytest

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.role_definition import parse_role
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden
from regulars.rule_engine.service import pause_rule
from tests.support.rule_shop import CUSTOMERS, SYSTEM, RuleShop, journey
from tests.support.site import Site, words_of

ANNA = "/w/shop/forms/customers/records/1"
BUTTONS = "/api/v1/forms/customers/records/1/buttons"
TRACK: dict[str, Any] = {
    "key": "track", "type": "button", "label": "Track",
    "opens": "https://x.example/{id}?who={name}&tier={tier}&m={mobile}",
}  # fmt: skip
PRESS = "/w/shop/rules/press/customers/1/hello"
HELPER: dict[str, Any] = {
    "kind": "role", "key": "helper", "label": "Helper", "capabilities": [],
    "default": {"read": "none"},
}  # fmt: skip
GREET: dict[str, Any] = {
    "key": "hello", "type": "button", "label": "Say hello", "starts": "greet", "ask": True,
}  # fmt: skip


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with Anna, a button that opens an address and one that starts a rule."""
    made = RuleShop(database, workspace).open()
    made.publish({**CUSTOMERS, "fields": [*CUSTOMERS["fields"], TRACK, GREET]})
    wait = [{"do": "wait", "for": "1d"}]
    made.publish(journey(trigger={"on": "manual"}, steps=wait))
    made.customer(name='An & "na"/#', tier="gold")
    return made


def test_a_button_opens_the_address_with_the_records_values(shop: RuleShop, site: Site) -> None:
    page = site.signed_in().get(ANNA).text
    address = (
        "https://x.example/1?who=An%20%26%20%22na%22%2F%23&amp;tier=gold&amp;m=%2B8613800000001"
    )
    assert f'href="{address}"' in page


def test_a_button_starts_its_rule_and_asks_first(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    page = owner.get(ANNA).text
    assert "Say hello" in words_of(page)
    assert "Go ahead with “Say hello”?" in page
    assert f'action="{PRESS}"' in page
    assert "under way" in owner.send(PRESS, follow_redirects=True).text
    assert [run.record for run in shop.runs("greet")] == [1]
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    assert "Say hello" not in words_of(owner.get(ANNA).text)
    assert owner.send(PRESS).status_code == 409


def test_programs_learn_what_a_press_does(shop: RuleShop, site: Site) -> None:
    client = site.app.test_client()
    found = client.get(BUTTONS, headers=site.token()).get_json()
    track, hello = found["items"]
    assert (track["starts"], hello["starts"], hello["opens"]) == (None, "greet", None)
    assert "who=An%20%26%20%22na%22%2F%23&tier=gold&" in track["opens"]
    press = f"{BUTTONS}/hello"
    assert client.post(press, headers=site.token()).get_json() == {"started": True}
    assert client.post(press, headers=site.token()).get_json() == {"started": False}
    assert client.post(f"{BUTTONS}/track", headers=site.token()).status_code == 404
    record = client.get("/api/v1/forms/customers/records/1", headers=site.token()).get_json()
    schema = client.get("/api/v1/forms/customers/schema", headers=site.token()).get_json()
    for told in (record, schema["create"]["properties"], schema["record"]["properties"]):
        assert not {"track", "hello"} & set(told)


def test_a_clerk_presses_what_starts_a_rule_that_clerks_do_not_start(
    shop: RuleShop, site: Site
) -> None:
    clerk = site.signed_in("Carl", "clerk")
    page = clerk.get(ANNA)
    assert {"Track", "Say hello"} <= set(words_of(page.text))
    assert "rules/greet/start" not in page.text
    assert clerk.send("/w/shop/rules/greet/start/customers/1").status_code == 403
    clerk.send(PRESS)
    assert [run.record for run in shop.runs("greet")] == [1]
    said = words_of(clerk.send(PRESS, follow_redirects=True).text)
    assert any("nothing to do" in each for each in said), "that it is in already is not said"
    missing = BUTTONS.replace("/1/", "/999/")
    client = site.app.test_client()
    for url in (missing, f"{missing}/hello"):
        ask = client.get if url == missing else client.post
        assert ask(url, headers=site.token("clerk")).status_code == 404


@pytest.mark.parametrize(
    ("press", "update", "right", "may"),
    [
        (None, "all", None, True), (None, "own", None, False), (None, "all", "read_only", False),
        ("see", "none", None, True), ("see", "all", "hidden", False),
        ("start", "all", None, False),
    ],
)  # fmt: skip
def test_a_button_says_who_may_press_it(
    shop: RuleShop, site: Site, press: str | None, update: str, right: str | None, may: bool
) -> None:
    hello = {**GREET, **({"press": press} if press else {})}
    fields = {"fields": {"hello": right}} if right else {}
    shop.publish(
        {**CUSTOMERS, "fields": [*CUSTOMERS["fields"], TRACK, hello]},
        {**HELPER, "forms": {"customers": {"read": "all", "update": update, **fields}}},
    )
    helper = site.token("helper")
    client = site.app.test_client()
    found = client.get(BUTTONS, headers=helper).get_json()["items"]
    assert ("hello" in {each["key"] for each in found}) is may
    answer = client.post(f"{BUTTONS}/hello", headers=helper)
    assert answer.status_code == (200 if may else 404)
    assert len(shop.runs("greet")) == may


def test_who_may_start_no_rules_publishes_no_button_that_does(
    shop: RuleShop,
) -> None:
    held = parse_role({**HELPER, "capabilities": ["design_forms"]})
    designer = Access(9, "Dora", "helper", "en", roles={"helper": held})
    with shop.work() as uow:
        plain = {**CUSTOMERS, "fields": [*CUSTOMERS["fields"], TRACK, {**GREET, "label": "Hi"}]}
        store.save_draft(uow, designer, "form", plain)
        store.publish(uow, designer, [("form", "customers")])
        for button in ({**GREET, "press": "see"}, {**GREET, "key": "another"}):
            raw = {**plain, "fields": [*plain["fields"][:-1], button]}
            with pytest.raises(Forbidden):
                store.save_draft(uow, designer, "form", raw)


def test_the_designer_offers_the_rules_that_people_start(shop: RuleShop, site: Site) -> None:
    page = site.signed_in().get("/w/shop/forms/customers/design?field=hello").text
    assert '<option value="greet" selected>greet</option>' in page
