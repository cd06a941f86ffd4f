"""Trying a rule and asking why, as an owner meets them."""

from datetime import timedelta

import pytest

from regulars.platform.db import Database, Workspace
from regulars.rule_engine.simulating.desk import SimulationDesk
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site, words_of


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> RuleShop:
    """A shop with a greeting for every order, and one order."""
    made = RuleShop(database, workspace).open()
    made.publish(sms(), journey())
    made.order(made.customer(name="Anna", at=NOW - timedelta(days=8)), at=NOW - timedelta(days=7))
    return made


def test_a_rule_is_tried_and_its_result_stays_on_the_page(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert "Not tried yet" in words_of(owner.get("/w/shop/rules/greet/simulation").text)
    owner.send("/w/shop/rules/greet/simulation", {"days": "30"})
    assert 'hx-trigger="every 2s"' in owner.get("/w/shop/rules/greet/simulation").text
    SimulationDesk(shop.database).answer()
    page = owner.get("/w/shop/rules/greet/simulation").text
    assert any("would have sent 1 message" in words for words in words_of(page))
    assert "Anna" in words_of(page)
    expected = words_of(owner.get("/w/shop/rules/greet/expected").text)
    assert {"reached 1 person", "sent at most 1 message in one hour"} <= set(expected)
    assert owner.send("/w/shop/rules/greet/simulation", {"days": "0"}).status_code == 422


def test_why_answers_for_any_moment_and_refuses_nonsense(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert "/w/shop/why/customers/1" in owner.get("/w/shop/forms/customers/records/1").text
    page = owner.get("/w/shop/why/customers/1?rule=greet")
    assert any("What starts the rule has happened" in words for words in words_of(page.text))
    then = (NOW - timedelta(days=30)).isoformat()
    old = owner.get("/w/shop/why/customers/1", query_string={"rule": "greet", "at": then})
    assert any("was not published yet" in words for words in words_of(old.text))
    wrong = owner.get("/w/shop/why/customers/1?rule=greet&at=yesterday")
    assert wrong.status_code == 422
    assert owner.get("/w/shop/why/customers/999?rule=greet").status_code == 404


def test_a_clerk_neither_tries_nor_asks(shop: RuleShop, site: Site) -> None:
    clerk = site.signed_in("Carl", "clerk")
    assert clerk.get("/w/shop/rules/greet/simulation").status_code == 403
    assert clerk.get("/w/shop/why/customers/1").status_code == 403


def test_the_effect_opens_the_people_behind_its_numbers(
    shop: RuleShop, site: Site, clock: MovableClock
) -> None:
    goal = {"form": "orders", "link": "customer", "within_days": 14, "value": "amount"}
    shop.publish(journey(goal=goal))
    shop.tick()
    shop.order(1, at=NOW + timedelta(days=1))
    clock.forward(days=2)
    owner = site.signed_in()
    page = words_of(owner.get("/w/shop/rules/greet/effect").text)
    assert "With the rule" in page
    assert any("There is no control group" in words for words in page)
    people = owner.get("/w/shop/rules/greet/effect/people?group=treatment&converted=true")
    assert "Anna" in words_of(people.text)
    assert "Not tried yet" in words_of(owner.get("/w/shop/rules/greet/simulation").text)
    client, headers = site.app.test_client(), site.token()
    found = client.get("/api/v1/rules/greet/effect", headers=headers).get_json()
    assert (found["groups"][0]["converted"], found["groups"][0]["value"]) == (1, "100.00")
    listed = client.get("/api/v1/rules/greet/effect/people?converted=true", headers=headers)
    assert [each["title"] for each in listed.get_json()["people"]] == ["Anna"]
    assert owner.get("/w/shop/rules/nonsense/effect").status_code == 404


def test_a_campaign_is_made_composed_and_stopped(shop: RuleShop, site: Site) -> None:
    owner = site.signed_in()
    assert "No campaigns yet" in words_of(owner.get("/w/shop/campaigns").text)
    assert owner.send("/w/shop/campaigns/new", {"label": ""}).status_code == 422
    made = owner.send(
        "/w/shop/campaigns/new",
        {
            "label": "Spring", "subject": "customers", "message": "hello", "channel": "sms",
            "when": "later", "at": "2026-05-01T10:00", "control": "10", "goal_form": "orders",
        },
    )  # fmt: skip
    assert made.status_code == 303
    key = made.headers["Location"].split("/rules/")[1].split("/")[0]
    composer = words_of(owner.get(f"/w/shop/rules/{key}/compose").text)
    (moment,) = {words for words in composer if words.startswith("once, on")}
    assert "10:00" in moment
    owner.send(f"/w/shop/rules/{key}/publish", {})
    assert "Spring" in words_of(owner.get("/w/shop/campaigns").text)
    assert owner.get(f"/w/shop/rules/{key}").status_code == 200
    assert owner.send(f"/w/shop/campaigns/{key}/stop", {}).status_code == 303
    assert shop.runs(key) == []


def test_a_campaign_is_filled_in_with_a_gift_and_what_it_is_for(
    shop: RuleShop, site: Site
) -> None:
    owner = site.signed_in()
    page = words_of(owner.get("/w/shop/campaigns/new").text)
    assert {"Orders · amount", "Give each of them", "Coupons"} <= set(page)
    filled = {
        "label": "Spring", "subject": "customers", "message": "hello", "channel": "sms",
        "when": "later", "at": "2026-05-01T10:00", "control": "10", "gift": "coupons:customer",
        "goal_form": "orders", "goal_only": "orders.status=paid", "goal_value": "orders.amount",
    }  # fmt: skip
    owner.send("/w/shop/campaigns/new", filled)
    read_back = " ".join(words_of(owner.get("/w/shop/rules/spring/review").text))
    assert "add a record to “Coupons” (customer)" in read_back
    assert "It is worth “amount”." in read_back
    owner.send("/w/shop/rules/spring/publish", {})
    assert "Planned" in words_of(owner.get("/w/shop/campaigns").text)
    assert owner.get("/w/shop/rules/spring/effect").status_code == 200
