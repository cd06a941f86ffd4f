"""Another field in the place of one that shall go: what is replaced, what stays to be done."""

from typing import Any

import pytest

from regulars.form_builder.changing import repairing
from regulars.form_builder.changing.used_by import uses_of_field
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import NotFound
from regulars.wiring import wire
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms
from tests.support.site import Site, words_of

OWNER = system_access("en")
GOODS: dict[str, Any] = {
    **PRODUCTS,
    "fields": [*PRODUCTS["fields"], {"key": "list_price", "type": "money"}, {
        "key": "twice", "type": "formula", "formula": "price * 2", "result": "money",
    }],
    "views": [{"key": "dear", "type": "table", "label": "Dear", "columns": ["name", "price"],
               "where": {"field": "price", "op": "gt", "value": 100}, "sort": ["-price"]}],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "kind": "report", "key": "dear", "label": "The price of price", "from": "products",
    "measures": [{"as": "sum", "aggregate": "sum", "field": "price"}],
    "where": {"formula": "price > 10 AND NOT ISEMPTY(price)"},
}  # fmt: skip
RULE: dict[str, Any] = {
    "kind": "rule", "key": "mark", "label": "Mark", "class": "journey", "subject": "products",
    "trigger": {"on": "record_created"},
    "steps": [{"id": "s1", "do": "update_record", "values": {"price": {"formula": "price + 1"}}}],
}  # fmt: skip


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    wire()
    publish_forms(uow, [GOODS, CUSTOMERS, ORDERS])
    for raw in (REPORT, RULE):
        store.save_draft(uow, OWNER, raw["kind"], raw)
    store.publish(uow, OWNER, [("report", "dear"), ("rule", "mark")])
    return uow


def raw(uow: UnitOfWork, kind: str, key: str) -> Any:
    return snapshot(uow).items[kind, key].raw


def test_a_plan_says_what_would_change_and_changes_nothing(shop: UnitOfWork) -> None:
    before = dict(snapshot(shop).items)
    found = repairing.plan(shop, OWNER, "products", "price", "list_price")
    assert {(each.kind, each.key) for each in found} == {
        ("form", "products"), ("report", "dear"), ("rule", "mark"),
    }  # fmt: skip
    assert [each for each in found if not each.is_done] == []
    told = {(each.before, each.after) for each in found}
    assert ("price * 2", "list_price * 2") in told
    assert snapshot(shop).items == before


def test_everything_uses_the_other_field_afterwards(shop: UnitOfWork) -> None:
    store.save_draft(shop, OWNER, "report", {**REPORT, "label": "In work"})
    repairing.repair(shop, OWNER, "products", "price", "list_price")
    assert uses_of_field(shop, OWNER, "products", "price") == []
    report = raw(shop, "report", "dear")
    assert report["label"] == "The price of price", "words for people are left alone"
    assert report["where"] == {"formula": "list_price > 10 AND NOT ISEMPTY(list_price)"}
    draft = store.get_draft(shop, "report", "dear")
    assert (draft.raw["label"], draft.raw["measures"][0]["field"]) == ("In work", "list_price")
    view = raw(shop, "form", "products")["views"][0]
    assert (view["columns"], view["sort"]) == (["name", "list_price"], ["-list_price"])
    values = raw(shop, "rule", "mark")["steps"][0]["values"]
    assert values == {"list_price": {"formula": "list_price + 1"}}


def test_a_column_of_rows_is_replaced_by_another_one(shop: UnitOfWork) -> None:
    fields = [
        {**each, "fields": [*each["fields"], {"key": "cost", "type": "money", "decimals": 4}]}
        if each["key"] == "items"
        else each
        for each in ORDERS["fields"]
    ]
    publish_forms(shop, [{**ORDERS, "fields": fields}])
    repairing.repair(shop, OWNER, "orders", "items.price", "cost")
    items = next(f for f in raw(shop, "form", "orders")["fields"] if f["key"] == "items")
    assert items["fields"][3]["formula"] == "quantity * cost"


def test_only_fields_of_the_same_kind_can_stand_in(shop: UnitOfWork) -> None:
    form = snapshot(shop).get("form", "products")
    offered = [each.key for each in repairing.fields_instead(form, "price")]
    assert offered == ["list_price", "twice"]
    for ref, instead in (("price", "name"), ("nothing", "price"), ("price", "price")):
        with pytest.raises(NotFound):
            repairing.plan(shop, OWNER, "products", ref, instead)


def test_page_and_api_show_and_do_it(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [GOODS])
    base = f"{site.home}/forms/products/design/used-by"
    owner = site.signed_in()
    page = owner.get(f"{base}?field=price&instead=list_price")
    assert {"Use another field instead", "list_price * 2"} <= set(words_of(page.text))
    api, head = "/api/v1/forms/products/fields/price/replace", site.token()
    body = {"with": "list_price", "dry_run": True}
    asked = owner.post(api, json=body, headers=head).json["places"]
    assert {each["done"] for each in asked} == {True}
    done = owner.send(f"{base}/replace", {"field": "price", "instead": "list_price"})
    assert done.status_code == 303
    assert "Nothing else uses it" in words_of(owner.get(f"{base}?field=price").text)
    assert owner.post(api, json={"with": "name"}, headers=head).status_code == 404
