"""What the till's screen asks and sends, its page for everybody, its API and its command."""

from typing import Any

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.support.site import Site, Visitor
from tests.support.till_shop import make, open_till

TILL = "/w/shop/till/counter"
API = "/api/v1/tills/counter"
KEY = "sale-0123456789abcdef"
JSON = {"Accept": "application/json"}


@pytest.fixture
def ids(site: Site) -> dict[str, int]:
    with site.database.workspace_tx(site.workspace) as uow:
        open_till(uow)
        ann = make(
            uow, "customers", name="Ann Li", mobile="13800001234", card="C-17", email="a@b.cn"
        )
        bo = make(uow, "customers", name="Bo", mobile="13911111234")
        coupon = make(uow, "coupons", code="TEN", customer=ann, least="50")
        make(uow, "coupons", code="OLD", customer=ann, status="used")
    return {"ann": ann, "bo": bo, "coupon": coupon}


@pytest.fixture
def clerk(site: Site) -> Visitor:
    return site.signed_in("Bob", "clerk")


def greeter(site: Site, **fields: str) -> Visitor:
    """Somebody who sells, and sees less of the customers."""
    every: dict[str, Any] = {"read": "all", "create": "all", "update": "all"}
    raw = {
        "kind": "role", "key": "greeter", "label": "Greeter",
        "forms": {**dict.fromkeys(("sales", "points", "coupons"), every),
                  "customers": {"read": "all", "fields": fields}},
    }  # fmt: skip
    with site.database.workspace_tx(site.workspace) as uow:
        store.save_draft(uow, system_access("en"), "role", raw)
        store.publish(uow, system_access("en"), [("role", "greeter")])
    return site.signed_in("Gus", "greeter")


def found(who: Visitor, text: str) -> list[dict[str, Any]]:
    answer = who.get(f"{TILL}/people", query_string={"find": text}, headers=JSON)
    assert answer.status_code == 200
    people: list[dict[str, Any]] = answer.get_json()["people"]
    return people


def sell(who: Visitor, **sale: Any) -> Any:
    token = who.get(f"{TILL}/now", headers=JSON).get_json()["token"]
    body = {"key": KEY, "amount": "60", **sale}
    return who.post(f"{TILL}/sales", json=body, headers={**JSON, "X-CSRF-Token": token})


def test_people_are_found_by_the_last_digits_a_number_or_a_code(
    ids: dict[str, int], clerk: Visitor
) -> None:
    assert [each["id"] for each in found(clerk, "1234")] == [ids["bo"], ids["ann"]]
    for text in ("138 0000 1234", "+8613800001234", "C-17", " c-17 "):
        assert [each["id"] for each in found(clerk, text)] == [ids["ann"]], text
    for text in ("123", "%", "a%", "An 1", "9999", "138"):
        assert found(clerk, text) == [], text
    assert clerk.get(f"{TILL}/people", headers=JSON).get_json()["people"] == []


def test_letters_find_by_the_name_and_by_its_pinyin(
    site: Site, ids: dict[str, int], clerk: Visitor
) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        ming = make(uow, "customers", name="张小明", mobile="13900005555")
    for text in ("ann", "Ann", "li ann"):
        assert [each["id"] for each in found(clerk, text)] == [ids["ann"]], text
    for text in ("小明", "zxm", "zhang xiao"):
        assert [each["id"] for each in found(clerk, text)] == [ming], text
    assert found(clerk, "x") == []
    key = site.token()
    asked = site.visitor().get(f"{API}/people?find=zxm", headers=key).get_json()
    assert [each["id"] for each in asked["people"]] == [ming]
    gus = greeter(site, name="masked")
    assert found(gus, "ann") == found(gus, "zxm") == []


def test_letters_find_nobody_whose_name_is_hidden(site: Site, ids: dict[str, int]) -> None:
    assert found(greeter(site, name="hidden"), "ann") == []
    assert [each["id"] for each in found(site.signed_in("Alice"), "ann")] == [ids["ann"]]


def test_the_card_says_what_counts_now(ids: dict[str, int], clerk: Visitor) -> None:
    card = clerk.get(f"{TILL}/people/{ids['ann']}", headers=JSON).get_json()
    assert card["name"] == "Ann Li"
    assert {fact["name"]: fact["text"] for fact in card["facts"]} == {
        "mobile": "138 0000 1234", "tier": "Basic", "Points": "0", "email": "a@b.cn",
    }  # fmt: skip
    assert [(each["id"], each["title"], each["least"]) for each in card["offers"]] == [
        (ids["coupon"], "TEN", "50.00")
    ]


def test_a_sale_is_one_request_and_a_repeated_one_changes_nothing(
    ids: dict[str, int], clerk: Visitor
) -> None:
    first = sell(clerk, person=ids["ann"], offer=ids["coupon"])
    assert (first.status_code, first.get_json()["points"]) == (201, "60")
    again = sell(clerk, person=ids["ann"], offer=ids["coupon"])
    assert again.get_json() == {**first.get_json(), "repeated": True}
    refused = sell(clerk, key=f"{KEY}2", person=ids["ann"], offer=ids["coupon"])
    assert (refused.status_code, refused.get_json()["code"]) == (409, "till-offer-taken")
    card = clerk.get(f"{TILL}/people/{ids['ann']}", headers=JSON).get_json()
    assert card["offers"] == []
    assert {"name": "Points", "text": "60", "tone": ""} in card["facts"]


def test_masked_people_are_found_by_what_the_mask_shows(site: Site, ids: dict[str, int]) -> None:
    gus = greeter(site, mobile="masked", name="masked", card="masked", email="hidden")
    [_bo, ann] = found(gus, "1234")
    assert (ann["name"], ann["facts"][0]["text"]) == ("A*", "138****1234")
    assert found(gus, "C-17") == []
    card = gus.get(f"{TILL}/people/{ids['ann']}", headers=JSON).get_json()
    assert "Ann" not in str(card)
    assert "a@b.cn" not in str(card)
    assert sell(gus, person=ids["ann"], offer=ids["coupon"]).status_code == 201


def test_nobody_is_found_by_a_number_that_is_hidden(site: Site, ids: dict[str, int]) -> None:
    gus = greeter(site, mobile="hidden")
    assert found(gus, "1234") == []
    assert gus.get(f"{TILL}/known", headers=JSON).get_json()["people"] == []


def test_a_device_learns_no_more_than_it_needs(ids: dict[str, int], clerk: Visitor) -> None:
    known = clerk.get(f"{TILL}/known", headers=JSON).get_json()
    assert known["hours"] == 2
    assert {each["tail"] for each in known["people"]} == {"1234"}
    assert [each["name"] for each in known["people"]] == ["B*", "A*"]
    for word in ("Ann", "138", "a@b.cn", "C-17"):
        assert word not in str(known["people"]), word
    assert {fact["name"] for each in known["people"] for fact in each["facts"]} == {
        "tier", "Points",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "short"}, {"amount": "-1"}, {"amount": "1e9"}, {"amount": 5}, {"person": "x"},
        {"person": 2**70}, {"offer": 0}, {"more": 1}, {"waited": -1},
        {"waited": 10**8}, {"person": 99_999},
    ],
)  # fmt: skip
def test_bad_sales_are_refused_in_words(
    ids: dict[str, int], clerk: Visitor, wrong: dict[str, Any]
) -> None:
    refused = sell(clerk, **wrong)
    assert refused.status_code in (400, 404, 422)
    assert refused.get_json()["title"]


def test_scripts_are_answered_in_json_and_people_with_pages(
    site: Site, ids: dict[str, int], clerk: Visitor
) -> None:
    stranger = site.visitor()
    assert stranger.get(f"{TILL}/now", headers=JSON).status_code == 401
    assert stranger.get(TILL).status_code == 303
    unsigned = clerk.post(f"{TILL}/sales", json={"key": KEY, "amount": "1"}, headers=JSON)
    assert (unsigned.status_code, unsigned.get_json()["code"]) == (403, "stale-page")
    page = clerk.get(TILL)
    assert page.status_code == 200
    assert "Ann" not in page.text
    assert clerk.get("/w/shop/till/nothing").status_code == 404
    assert TILL in clerk.get("/w/shop/tills").text


def test_the_worker_may_keep_tills_only_below_workspaces(site: Site) -> None:
    visitor = site.visitor()
    worker = visitor.get("/static/x/js/till_worker.js")
    assert worker.headers["Service-Worker-Allowed"] == "/w/"
    assert "Service-Worker-Allowed" not in visitor.get("/static/x/js/till.js").headers


def test_programs_do_the_same(site: Site, ids: dict[str, int]) -> None:
    key, client = site.token("owner"), site.app.test_client()
    people = client.get(f"{API}/people?find=1234", headers=key).get_json()["people"]
    assert len(people) == 2
    assert client.get(f"{API}/people/{ids['ann']}", headers=key).get_json()["offers"]
    body = {"key": KEY, "amount": "60", "person": ids["ann"], "offer": ids["coupon"]}
    sold = client.post(f"{API}/sales", json=body, headers=key)
    assert (sold.status_code, sold.get_json()["points"]) == (201, "60")
    stored = client.get("/api/v1/tills/counter", headers=key).get_json()
    sale = {**stored["sale"], "quick": [10, 7.5]}
    made = client.post(
        "/api/v1/tills", json={**stored, "key": "second", "sale": sale}, headers=key
    )
    assert (made.status_code, made.get_json()["sale"]["quick"]) == (201, [10, 7.5])
    assert client.post("/api/v1/tills", json=stored, headers=key).status_code == 409
    assert client.post("/api/v1/tills/second/publish", headers=key).status_code == 200
    assert len(client.get("/api/v1/tills", headers=key).get_json()["tills"]) == 2
    assert client.put("/api/v1/tills/second", json={**stored, "key": "second", "label": "Two"},
                      headers=key).status_code == 200  # fmt: skip
    assert client.delete("/api/v1/tills/second", headers=key).status_code == 204


def test_an_archived_till_sells_no_more(site: Site, ids: dict[str, int], clerk: Visitor) -> None:
    owner = site.signed_in("Alice")
    assert clerk.send("/w/shop/tills/counter/archive").status_code == 403
    assert owner.send("/w/shop/tills/counter/archive").status_code == 303
    for way in ("", "/now", "/people?find=1234", "/known"):
        assert clerk.get(f"{TILL}{way}", headers=JSON).status_code == 404, way


def test_a_new_till_begins_with_what_fits_and_is_composed_on_its_page(
    site: Site, ids: dict[str, int], clerk: Visitor
) -> None:
    owner = site.signed_in("Alice")
    begun = owner.send("/w/shop/tills/new")
    assert begun.status_code == 303
    key = begun.location.split("/")[-2]
    assert 'value="customers" selected' in owner.get(begun.location).text
    assert f"/tills/{key}/edit" in owner.get("/w/shop/tills").text
    given: dict[str, Any] = {
        "label": "Corner", "people.form": "customers", "people.find_by": ["mobile", "card"],
        "people.show": ["tier"], "sale.form": "sales", "sale.via": "customer",
        "sale.amount": "amount", "sale.quick": "20， 50,7.5",
        "offer.form": "coupons", "offer.via": "customer", "offer.where": 'status = "open"',
        "offer.mark": "status=used", "offer.stamp": "used_at", "sale.offer": "coupon",
        "points.way": "~person", "points.field": "balance", "points.formula": "FLOOR(amount)",
        "offline.hours": "3", "offline.members": "20", "offline.show": ["tier"],
    }  # fmt: skip
    refused = owner.send(f"/w/shop/tills/{key}/edit", {**given, "offer.where": "stat = 1"})
    assert refused.status_code == 422
    assert "field-offer.where-error" in refused.text
    assert owner.send(f"/w/shop/tills/{key}/edit", given).status_code == 303
    site_key, client = site.token("owner"), site.app.test_client()
    made = client.get(f"/api/v1/tills/{key}", headers=site_key).get_json()
    assert made["sale"] == {
        "form": "sales", "via": "customer", "amount": "amount", "offer": "coupon",
        "quick": [20, 50, 7.5],
    }  # fmt: skip
    assert made["offer"]["sets"] == {"status": "used", "used_at": {"formula": "NOW()"}}
    assert made["points"] == {"field": "balance", "formula": "FLOOR(amount)"}
    assert made["offline"] == {"hours": 3, "members": 20, "show": ["tier"]}
    assert clerk.get(f"/w/shop/till/{key}").status_code == 200
    assert clerk.get(f"/w/shop/tills/{key}/edit").status_code == 403


def test_the_editor_follows_the_forms_and_keeps_what_it_does_not_show(
    site: Site, ids: dict[str, int]
) -> None:
    owner = site.signed_in("Alice")
    given = {"label": "Counter", "people.form": "customers", "sale.form": "orders",
             "people.find_by": "mobile", "points.way": "points"}  # fmt: skip
    drawn = owner.htmx("POST", "/w/shop/tills/counter/sketch", given)
    assert drawn.status_code == 200
    assert 'value="items.price" selected' in drawn.text
    page = owner.get("/w/shop/tills/counter/edit")
    assert page.status_code == 200
    sale = {"people.form": "customers", "people.find_by": "mobile", "sale.form": "sales",
            "sale.via": "customer", "sale.amount": "amount", "label": "Counter"}  # fmt: skip
    assert owner.send("/w/shop/tills/counter/edit", sale).status_code == 303
    client = site.app.test_client()
    kept = client.get("/api/v1/tills/counter", headers=site.token("owner")).get_json()
    assert kept["sale"]["values"] == {"channel": "till"}
    assert kept["label"]["zh-Hans"] == "收银台"
    assert ("offer" in kept, "points" in kept) == (False, False)


def test_without_forms_that_fit_a_new_till_says_what_it_needs(site: Site) -> None:
    owner = site.signed_in("Alice")
    assert owner.send("/w/shop/tills/new").location.endswith("/w/shop/tills")
    assert "a form of people with a phone number" in owner.get("/w/shop/tills").text


@pytest.mark.parametrize("amount", ["1e999999", "1e-999999", "NaN", "-Infinity"])
def test_an_amount_beyond_all_numbers_is_said_to_be_none(
    site: Site, ids: dict[str, int], amount: str
) -> None:
    given = {"label": "Counter", "sale.form": "sales", "sale.quick": amount}
    answer = site.signed_in().send(f"{site.home}/tills/counter/edit", given)
    assert ids
    assert answer.status_code == 422
