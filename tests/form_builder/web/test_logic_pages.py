"""The logic page: rules and checks composed by small forms, each kept at once."""

import re
from typing import Any

import pytest

from regulars.platform.definitions import store
from tests.support.logic_forms import LOGIC_FORMS
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor, words_of

PAGE = "/w/shop/forms/sales/design/logic"


@pytest.fixture
def owner(site: Site) -> Visitor:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, LOGIC_FORMS)
    return site.signed_in("Alice")


def drafted(site: Site) -> Any:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return store.get_draft(uow, "form", "sales").raw


def said(html: str) -> str:
    return " ".join(" ".join(words_of(html)).split())


def test_rules_stand_there_as_sentences(owner: Visitor) -> None:
    words = said(owner.get(PAGE).text)
    assert "When “Status” is “Refunded”" in words
    assert "show “Refund reason”" in words
    assert "fill in “Address” from “Buyer”" in words
    assert "“Store” offers only records where “city” is the same as “City” here" in words
    assert "“Way of paying” offers only cash and card" in words


def test_conditions_stand_in_groups_that_are_changed_in_place(site: Site, owner: Visitor) -> None:
    owner.send(PAGE, {"do": "action", "kind": "require", "fields": ["note"]})
    rule = {"rule": "rule1"}
    status = {"do": "row", **rule, "f": "status", "op": "is"}
    owner.send(PAGE, {**status, "v": "paid"})
    owner.send(PAGE, {"do": "group", **rule, "n": "", "formula": "amount > 100"})
    owner.send(PAGE, {**status, "n": "1.+", "v": "refunded"})
    owner.send(PAGE, {"do": "group", **rule, "n": "1", "formula": "amount > 200"})
    paid, refunded = ({"field": "status", "op": "is", "value": v} for v in ("paid", "refunded"))
    small, large = {"formula": "amount > 100"}, {"formula": "amount > 200"}
    made = {"all": [paid, {"any": [small, refunded, {"all": [large]}]}]}
    assert drafted(site)["logic"][-1]["when"] == made
    page = owner.get(f"{PAGE}?at=row&rule=rule1&n=1.1").text
    assert re.search(r'<option value="refunded" selected>', page)
    assert "or “Status” is “Refunded”" in said(page)
    owner.send(PAGE, {"do": "match", **rule, "n": "1", "match": "all"})
    owner.send(PAGE, {"do": "drop-row", **rule, "n": "1.2.0"})
    owner.send(PAGE, {**status, "n": "1.0", "v": "paid"})
    assert drafted(site)["logic"][-1]["when"] == {"all": [paid, {"all": [paid, refunded]}]}
    for place in ("7", "0.0", "1.9", "1.1.1.1.1.1", "x"):
        assert owner.send(PAGE, {"do": "drop-row", **rule, "n": place}).status_code == 409
    assert owner.get(f"{PAGE}?at=row&rule=rule1&n=0.9").status_code == 200


def test_a_rule_is_composed_step_by_step(site: Site, owner: Visitor) -> None:
    owner.send(PAGE, {"do": "action", "kind": "require", "fields": ["note", "city"]})
    made = drafted(site)["logic"][-1]
    assert made == {"key": "rule1", "then": [{"require": ["note", "city"]}]}
    owner.send(PAGE, {"do": "row", "rule": "rule1", "f": "status", "op": "is", "v": "paid"})
    owner.send(PAGE, {"do": "row", "rule": "rule1", "formula": "amount > 100"})
    owner.send(PAGE, {"do": "match", "rule": "rule1", "match": "any"})
    owner.send(PAGE, {"do": "action", "rule": "rule1", "kind": "set", "field": "note",
                      "how": "formula", "formula": "city", "if_empty": "1"})  # fmt: skip
    owner.send(PAGE, {"do": "action", "rule": "rule1", "kind": "options", "field": "way",
                      "values": ["cash"]})  # fmt: skip
    owner.send(PAGE, {"do": "drop-action", "rule": "rule1", "n": "0"})
    assert drafted(site)["logic"][-1] == {
        "key": "rule1",
        "when": {"any": [
            {"field": "status", "op": "is", "value": "paid"}, {"formula": "amount > 100"},
        ]},
        "then": [
            {"set": {"field": "note", "formula": "city", "if_empty": True}},
            {"options": {"field": "way", "values": ["cash"]}},
        ],
    }  # fmt: skip
    owner.send(PAGE, {"do": "up", "rule": "rule1"})
    owner.send(PAGE, {"do": "copy", "rule": "rule1"})
    assert [rule["key"] for rule in drafted(site)["logic"]][-3:] == ["rule1", "rule2", "big"]
    owner.send(PAGE, {"do": "remove", "rule": "rule2"})
    owner.send(PAGE, {"do": "undo"})
    assert [rule["key"] for rule in drafted(site)["logic"]][-2:] == ["rule2", "big"]


def test_filling_in_and_narrowing_are_composed_from_fields(site: Site, owner: Visitor) -> None:
    owner.send(
        PAGE,
        {
            "do": "action",
            "kind": "fill",
            "from": "buyer",
            "target": ["address", "", "note"],
            "source": ["address", "x", "name"],
        },
    )
    owner.send(PAGE, {"do": "action", "rule": "rule1", "kind": "options", "field": "store",
                      "there": "city", "here": "city"})  # fmt: skip
    assert drafted(site)["logic"][-1]["then"] == [
        {"fill": {"from": "buyer", "fields": {"address": "address", "note": "name"}}},
        {"options": {"field": "store", "where": {
            "field": "city", "op": "is", "value": {"record": "city"}}}},
    ]  # fmt: skip


def test_checks_are_composed_in_the_same_way(site: Site, owner: Visitor) -> None:
    owner.send(PAGE, {"do": "check", "f": "amount", "op": "gte", "v": "0",
                      "message": "Not below nought", "at_field": "amount"})  # fmt: skip
    assert drafted(site)["checks"] == [{
        "must": {"field": "amount", "op": "gte", "value": "0"},
        "message": {"en": "Not below nought"}, "at": "amount",
    }]  # fmt: skip
    assert "Otherwise: “Not below nought” Said at “Amount”." in said(owner.get(PAGE).text)
    first = drafted(site)["checks"][0]["must"]
    check = {"rule": "check:0"}
    owner.send(PAGE, {"do": "group", **check, "n": "", "formula": "amount > 5"})
    owner.send(PAGE, {"do": "row", **check, "n": "1.+", "formula": "amount > 9"})
    group = {"any": [{"formula": "amount > 5"}, {"formula": "amount > 9"}]}
    assert drafted(site)["checks"][0]["must"] == {"all": [first, group]}
    owner.send(PAGE, {"do": "check", "n": "0", "message": "Too little"})
    kept = drafted(site)["checks"][0]
    assert kept == {"must": {"all": [first, group]}, "message": {"en": "Too little"}}
    assert "amount &gt; 9" in owner.get(f"{PAGE}?at=row&rule=check:0&n=1.1").text
    owner.send(PAGE, {"do": "drop-row", **check, "n": "1"})
    assert drafted(site)["checks"][0]["must"] == first
    for bad in ({"n": "0", **check}, {"n": "0", "rule": "check:7"}, {"n": "0", "rule": "check:"},
                {"n": "0", "rule": "check:0.1"}):  # fmt: skip
        assert owner.send(PAGE, {"do": "drop-row", **bad}).status_code == 409
    owner.send(PAGE, {"do": "drop-check", "n": "0"})
    assert "checks" not in drafted(site)


@pytest.mark.parametrize(
    "given",
    [
        {"do": "action", "kind": "show"},
        {"do": "action", "kind": "set", "field": "note"},
        {"do": "action", "kind": "fill", "from": "buyer"},
        {"do": "action", "kind": "options", "field": "way"},
        {"do": "row", "rule": "refund", "f": "status", "op": "is"},
        {"do": "row", "rule": "refund"},
        {"do": "check", "f": "amount", "op": "is_empty"},
    ],
)
def test_what_is_missing_is_said_where_it_is_missing(
    owner: Visitor, given: dict[str, Any]
) -> None:
    answer = owner.send(PAGE, given)
    assert answer.status_code == 422
    assert "Please fill this in." in said(answer.text)


def test_a_place_that_is_gone_is_no_accident(owner: Visitor) -> None:
    for given in ({"do": "remove", "rule": "none"}, {"do": "drop-row", "rule": "refund", "n": "9"},
                  {"do": "dance"}, {"do": "drop-check", "n": "x"}):  # fmt: skip
        assert owner.send(PAGE, given).status_code == 409


def test_mistakes_of_the_draft_stand_beside_their_chips(owner: Visitor) -> None:
    owner.send(PAGE, {"do": "action", "kind": "set", "field": "note", "how": "formula",
                      "formula": "note"})  # fmt: skip
    assert "in a circle: Note → Note" in said(owner.get(PAGE).text)


def test_a_formula_is_tried_on_a_chosen_record(site: Site, owner: Visitor) -> None:
    client, headers = site.app.test_client(), site.token()
    for amount in ("21", "500"):
        client.post("/api/v1/forms/sales/records", json={"amount": amount}, headers=headers)
    page = owner.get(f"{PAGE}?at=action&kind=set&field=note&how=formula").text
    assert re.search(r'<select[^>]*id="formula-record"', page)
    url = "/w/shop/forms/sales/design/formula"
    first = owner.send(f"{url}?use=condition", {"formula": "amount > 100", "record": "1"}).text
    newest = owner.send(f"{url}?use=condition", {"formula": "amount > 100"}).text
    assert said(first) != said(newest)
    value = owner.send(f"{url}?use=value", {"formula": "total + 42", "field": "amount",
                                            "record": "1"}).text  # fmt: skip
    assert "42" in said(value)


def test_a_chip_opens_with_what_stands_there(owner: Visitor) -> None:
    row = owner.get(f"{PAGE}?at=row&rule=refund&n=0").text
    assert re.search(r'<option value="status" selected', row)
    assert re.search(r'<option value="refunded" selected', row)
    shown = owner.get(f"{PAGE}?at=action&rule=refund&n=0").text
    assert re.search(r'name="fields" value="reason" checked', shown)
    assert "TODAY()</textarea>" in owner.get(f"{PAGE}?at=action&rule=paid&n=0").text
    filled = owner.get(f"{PAGE}?at=action&rule=ship&n=0").text
    assert len(re.findall(r'<option value="address" selected', filled)) == 2
    near = owner.get(f"{PAGE}?at=action&rule=near&n=0").text
    assert len(re.findall(r'<option value="city" selected', near)) == 2
    assert owner.get(f"{PAGE}?at=row&rule=refund&n=9").status_code == 200
    assert owner.get(f"{PAGE}?at=check&n=4").status_code == 200


def test_two_people_change_different_rules_at_once(site: Site, owner: Visitor) -> None:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        seen = store.get_draft(uow, "form", "sales").tag
    owner.send(PAGE, {"do": "drop-action", "rule": "refund", "n": "1", "tag": str(seen)})
    second = {"do": "action", "rule": "paid", "kind": "hide", "fields": ["note"], "tag": str(seen)}
    assert owner.send(PAGE, second).status_code == 303
    rules = {rule["key"]: rule["then"] for rule in drafted(site)["logic"]}
    assert rules["refund"] == [{"show": ["reason"]}]
    assert rules["paid"][-1] == {"hide": ["note"]}
