"""Buttons on a record: what they open and start, for whom, on the page and at the API."""

from typing import Any

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.service import pause_rule
from tests.support.rule_shop import CUSTOMERS, SYSTEM, RuleShop, journey
from tests.support.site import Site, words_of

ANNA = "/w/shop/forms/customers/records/1"
BUTTONS = "/api/v1/forms/customers/records/1/buttons"
TRACK: dict[str, Any] = {
    "key": "track", "type": "button", "label": "Track",
    "opens": "https://x.example/{id}?who={name}&tier={tier}&m={mobile}",
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
    start = "/w/shop/rules/greet/start/customers/1"
    assert f'action="{start}"' in page
    owner.send(start)
    assert [run.record for run in shop.runs("greet")] == [1]
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    assert "Say hello" not in words_of(owner.get(ANNA).text)


def test_programs_learn_what_a_press_does(shop: RuleShop, site: Site) -> None:
    client = site.app.test_client()
    found = client.get(BUTTONS, headers=site.token()).get_json()
    track, hello = found["items"]
    assert (track["starts"], hello["starts"], hello["opens"]) == (None, "greet", None)
    assert "who=An%20%26%20%22na%22%2F%23&tier=gold&" in track["opens"]
    done = client.post(
        "/api/v1/rules/greet/run", json={"records": [1]}, headers=site.token()
    ).get_json()
    assert done["entered"] == 1
    record = client.get("/api/v1/forms/customers/records/1", headers=site.token()).get_json()
    schema = client.get("/api/v1/forms/customers/schema", headers=site.token()).get_json()
    for told in (record, schema["create"]["properties"], schema["record"]["properties"]):
        assert not {"track", "hello"} & set(told)


def test_who_may_not_start_rules_sees_only_what_opens(shop: RuleShop, site: Site) -> None:
    clerk = words_of(site.signed_in("Carl", "clerk").get(ANNA).text)
    assert ("Track" in clerk, "Say hello" in clerk) == (True, False)
    client = site.app.test_client()
    found = client.get(BUTTONS, headers=site.token("clerk")).get_json()["items"]
    assert [each["key"] for each in found] == ["track"]
    missing = BUTTONS.replace("/1/", "/999/")
    assert client.get(missing, headers=site.token("clerk")).status_code == 404


def test_the_designer_offers_the_rules_that_people_start(shop: RuleShop, site: Site) -> None:
    page = site.signed_in().get("/w/shop/forms/customers/design?field=hello").text
    assert '<option value="greet" selected>greet</option>' in page
