"""Changing many records on pages and through the API."""

import json
from typing import Any

import pytest

from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

LIST = "/w/shop/forms/customers"
BULK = f"{LIST}/records/bulk"
API = "/api/v1/forms/customers/records/bulk"


@pytest.fixture
def people(shop: Shop) -> list[int]:
    given: tuple[dict[str, Any], ...] = (
        {"name": "Ann", "tier": "basic"}, {"name": "Bo", "tier": "basic"},
        {"name": "Cy", "tier": "diamond"},
    )  # fmt: skip
    return [shop.make("customers", **each).id for each in given]


def tiers(shop: Shop, people: list[int]) -> list[Any]:
    return [shop.read("customers", each).values["tier"] for each in people]


def test_the_found_records_are_looked_at_changed_and_put_back(
    shop: Shop, owner: Visitor, people: list[int]
) -> None:
    basic = json.dumps({"field": "tier", "op": "is", "value": "basic"})
    choice = owner.get(f"{BULK}?filter={basic}&field=tier")
    assert "All 2 records that the list finds" in words_of(choice.text)
    seen = owner.send(
        f"{BULK}?filter={basic}", {"field": "tier", "do:tier": "set", "tier": "diamond"},
        follow_redirects=True,
    )  # fmt: skip
    said = words_of(seen.text)
    assert "Change 2 records" in said
    assert {"Ann", "Basic", "Diamond"} <= set(said)
    assert tiers(shop, people) == ["basic", "basic", "diamond"]
    number = seen.request.path.rpartition("/")[2]
    done = owner.send(f"{BULK}/{number}/apply", {"automation": "none"}, follow_redirects=True)
    assert "Put everything back" in words_of(done.text)
    assert tiers(shop, people) == ["diamond", "diamond", "diamond"]
    assert owner.send(f"{BULK}/{number}/apply").status_code == 409
    owner.send(f"{BULK}/{number}/undo")
    assert tiers(shop, people) == ["basic", "basic", "diamond"]


def test_only_the_ticked_ones_change(shop: Shop, owner: Visitor, people: list[int]) -> None:
    picked = {"record": people[0], "field": "tier", "do:tier": "clear"}
    seen = owner.send(BULK, picked)
    owner.send(f"{seen.location}/apply", {"automation": "none"})
    assert tiers(shop, people) == [None, "basic", "diamond"]


def test_mistakes_stand_at_their_fields_and_nothing_is_lost(
    shop: Shop, owner: Visitor, people: list[int]
) -> None:
    given = {
        "field": ["birthday", "tags"], "do:birthday": "formula", "formula:birthday": "name &",
        "do:tags": "add", "tags~here": "1", "tags~more": "vip",
    }  # fmt: skip
    wrong = owner.send(BULK, given)
    assert wrong.status_code == 422
    assert 'value="name &amp;"' in wrong.text
    assert "vip" in wrong.text
    more = owner.send(BULK, {"field": "tags", "add": "tier", "_add": "1"})
    assert more.status_code == 200
    assert 'name="do:tier"' in more.text


def test_a_clerk_sees_and_changes_only_what_is_theirs(
    shop: Shop, owner: Visitor, people: list[int]
) -> None:
    body = {"changes": [{"field": "tier", "do": "clear"}]}
    made = owner.post(API, json=body, headers=shop.site.token()).get_json()
    assert made["counts"] == {"ready": 3}
    other = shop.site.token("clerk")
    for method, path in (("GET", ""), ("POST", "/apply"), ("POST", "/undo"), ("DELETE", "")):
        found = owner.open(f"{API}/{made['id']}{path}", method=method, headers=other)
        assert found.status_code == 404 or method == "GET", (method, path)
    viewer = shop.site.token("viewer")
    assert owner.post(API, json=body, headers=viewer).status_code == 403
    assert tiers(shop, people) == ["basic", "basic", "diamond"]


def test_a_program_looks_applies_and_puts_back(
    shop: Shop, owner: Visitor, people: list[int]
) -> None:
    key = shop.site.token()

    def ask(method: str, path: str = "", body: Any = None) -> Any:
        return owner.open(f"{API}{path}", method=method, json=body, headers=key)

    wish = {"changes": [{"field": "name", "do": "formula", "value": 'name & "!"'}]}
    looked = ask("POST", "", {**wish, "ids": [people[0], 999_999]}).get_json()
    assert looked["state"] == "checked"
    assert looked["counts"] == {"ready": 1, "not-allowed": 1}
    assert looked["samples"] == [{"record": people[0], "changes": {"name": ["Ann", "Ann!"]}}]
    assert looked["reasons"][0]["records"] == [999_999]
    number = looked["id"]
    assert ask("POST", f"/{number}/apply").get_json()["counts"]["changed"] == 1
    assert shop.read("customers", people[0]).values["name"] == "Ann!"
    assert ask("DELETE", f"/{number}").status_code == 409
    assert ask("POST", f"/{number}/undo").get_json()["counts"]["restored"] == 1
    assert [each["id"] for each in ask("GET").get_json()["bulk_edits"]] == [number]
    for bad in ({}, {"changes": []}, {**wish, "x": 1}, {**wish, "ids": []}, {**wish, "ids": "1"}):
        assert ask("POST", "", bad).status_code == 422, bad
