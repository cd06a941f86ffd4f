"""S12: a field that a role does not see is nowhere, and one it sees masked is used for nothing.

Each question is asked twice, once about the hidden field and once about a field that does not
exist: whoever asks must not be able to tell the two apart.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regulars.form_builder.exporting import export_records
from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.definitions import store
from tests.security.shop_of_two import (
    FORMS,
    MAIL,
    SECRET,
    Attack,
    digits_together,
    open_shop,
    role,
)
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

PEOPLE, ORDERS = "/forms/customers/records", "/forms/orders/records"
Question = tuple[str, str, Any, dict[str, Any]]


def leaf(path: str) -> dict[str, Any]:
    return {"field": path, "op": "contains", "value": "138"}


def report(source: str, **parts: Any) -> dict[str, Any]:
    count = [{"as": "n", "aggregate": "count"}]
    return {"definition": {"from": source, "measures": count, **parts}}


def questions(key: str) -> Iterator[Question]:
    """Every way of asking about a field of customers that the reader made up."""
    far = f"customer.{key}"
    of_orders = {"aggregate": "count", "of": "orders", "where": leaf(f"customer.{key}")}
    yield "GET", PEOPLE, None, {"sort": key}
    yield "GET", PEOPLE, None, {"sort": f"-{key}"}
    yield "GET", ORDERS, None, {"sort": far}
    yield "GET", PEOPLE, None, {"fields": f"name,{key}"}
    yield "GET", ORDERS, None, {"fields": f"order_no,{far}"}
    yield "GET", PEOPLE, None, {"filter": json.dumps(leaf(key))}
    yield "GET", ORDERS, None, {"filter": json.dumps(leaf(far))}
    yield "GET", PEOPLE, None, {"filter": json.dumps({"not": {"field": key, "op": "is_empty"}})}
    yield "GET", PEOPLE, None, {"filter": json.dumps({"formula": f'LEFT({key}, 3) = "138"'})}
    yield "GET", ORDERS, None, {"filter": json.dumps({"formula": f"LEN({far}) > 3"})}
    yield "GET", PEOPLE, None, {"filter": json.dumps({**of_orders, "op": "gte", "value": 1})}
    yield (
        "GET",
        PEOPLE,
        None,
        {"filter": json.dumps({"formula": f"COUNT(orders, WHERE LEN({far}) > 0) > 0"})},
    )
    yield (
        "GET",
        ORDERS,
        None,
        {"filter": json.dumps({"formula": f"LEN(LAST(customer.orders, {far})) > 1"})},
    )
    by_key = {"field": "customer", "op": "is", "value": {key: SECRET}}
    yield "GET", ORDERS, None, {"filter": json.dumps(by_key)}
    yield "POST", f"{PEOPLE}/search", {"filter": leaf(key), "count": True}, {}
    yield "POST", f"{PEOPLE}/search", {"sort": [key]}, {}
    for view in ({"summaries": {key: "max"}}, {"summaries": {key: "filled"}}):
        yield "POST", f"{PEOPLE}/summary", view, {}
    yield "POST", f"{PEOPLE}/summary", {"group": [{"field": key}]}, {}
    yield "POST", f"{ORDERS}/summary", {"summaries": {far: "min"}}, {}
    yield "POST", f"{ORDERS}/summary", {"group": [{"field": far}], "filter": leaf(far)}, {}
    name = {"field": "name", "do": "formula", "value": f"CONCAT(name, {key})"}
    for change in ({"field": key, "do": "clear"}, {"field": key, "do": "set", "value": "x"}, name):
        yield "POST", f"{PEOPLE}/bulk", {"changes": [change]}, {}
    clear = [{"field": "birthday", "do": "clear"}]
    yield "POST", f"{PEOPLE}/bulk", {"changes": clear, "filter": leaf(key)}, {}
    yield "POST", PEOPLE, {"name": "New", key: "x"}, {}
    yield "POST", f"{PEOPLE}/batch", {"records": [{"name": "N", key: "x"}]}, {}
    yield "POST", "/reports/run", report("customers", dimensions=[{"as": "d", "field": key}]), {}
    yield "POST", "/reports/run", report("orders", dimensions=[{"as": "d", "field": far}]), {}
    yield "POST", "/reports/run", report("customers", where=leaf(key)), {}
    yield "POST", "/reports/run", report("orders", where=leaf(far)), {}
    distinct = [{"as": "n", "aggregate": "count_distinct", "field": key}]
    yield "POST", "/reports/run", report("customers", measures=distinct), {}
    where = [{"as": "n", "aggregate": "count", "where": leaf(key)}]
    yield "POST", "/reports/run", report("customers", measures=where), {}
    yield "POST", "/reports/run", {**report("orders"), "params": {far: "1"}}, {}


def named(text: str, key: str) -> str:
    """An answer without the name it was asked about."""
    return text.replace(key, "·")


def test_a_hidden_field_is_like_one_that_is_not_there(site: Site) -> None:
    attack = open_shop(site, role("hidden"))
    told = {}
    for number, (hidden, absent) in enumerate(
        zip(questions("mobile"), questions("nowhere"), strict=True)
    ):
        one = attack.call(*hidden[:3], **hidden[3])
        other = attack.call(*absent[:3], **absent[3])
        same = named(one.text, "mobile") == named(other.text, "nowhere")
        refused = one.status_code == 422 or '"refused"' in one.text
        if not refused or one.status_code != other.status_code or not same:
            told[number, str(hidden)] = (one.status_code, one.text, other.text)
    assert told == {}


def test_a_masked_field_is_shown_but_used_for_nothing(site: Site) -> None:
    attack = open_shop(site, role("masked"))
    used = {}
    for number, (method, path, body, query) in enumerate(questions("mobile")):
        shows = "fields" in query or (path in (PEOPLE, f"{PEOPLE}/batch") and body is not None)
        answer = attack.call(method, path, body, **query)
        if SECRET in answer.text or (not shows and answer.status_code != 422):
            used[number, path, str(query or body)] = (answer.status_code, answer.text)
    assert used == {}


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_the_formula_editor_computes_nothing_from_it(site: Site, right: str) -> None:
    attack = open_shop(site, role(right))
    for form, text in (
        ("customers", "mobile"),
        ("customers", "LEFT(mobile, 5)"),
        ("customers", f'IF(mobile = "+86{SECRET}", 1, 2)'),
        ("customers", "LAST(orders, customer.mobile)"),
        ("orders", "customer.mobile"),
    ):
        asked = {"formula": text, "position": 3}
        answer = attack.call("POST", f"/forms/{form}/formulas/check", asked)
        assert answer.status_code == 200
        found = answer.get_json()
        assert (found["valid"], found["example"]) == (False, None), (text, answer.text)
        assert SECRET[:5] not in answer.text


SHOWN = (
    PEOPLE,
    f"{PEOPLE}?fields=id,name,mobile",
    f"{PEOPLE}/{{customer}}",
    f"{PEOPLE}/{{customer}}/history",
    f"{PEOPLE}/{{customer}}/timeline",
    f"{ORDERS}/{{order}}",
    f"{ORDERS}?fields=customer.mobile,customer.name",
    f"{ORDERS}/{{order}}/timeline",
    f"{PEOPLE}?q={SECRET}",
    f"{PEOPLE}?q={MAIL}",
    "/forms/customers/bin",
    "/forms/customers/export?format=csv",
    "/forms/customers/schema",
)
PAGES = (
    "/forms/customers/records",
    "/forms/customers/records?cols=name,mobile,email",
    "/forms/customers/records?sort=mobile",
    "/forms/customers/records?group=mobile",
    "/forms/customers/records/inside?group=mobile",
    "/forms/customers/records/bulk?field=mobile",
    f"/forms/customers/records?q={SECRET}",
    "/forms/customers/records?filter=%7B%22field%22%3A%22mobile%22%2C%22op%22%3A%22is_not_empty%22%7D",
    "/forms/customers/records/{customer}",
    "/forms/customers/records/{customer}?tab=history",
    "/forms/customers/records/{customer}?tab=orders",
    "/forms/customers/records/{customer}/edit",
    "/forms/orders/records?cols=order_no,customer.mobile",
    "/forms/orders/records/{order}",
    f"/forms/orders/pick/customer?q={SECRET}",
    "/forms/customers/bin",
)


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_no_answer_holds_the_value(site: Site, right: str) -> None:
    attack = open_shop(site, role(right))
    browser = site.signed_in("Chen", "desk")
    places = {"customer": attack.customer, "order": attack.order}
    leaks, looked = [], 0
    for path in SHOWN:
        answer = attack.call("GET", path.format(**places))
        looked += answer.status_code == 200
        said = digits_together(answer.text.replace(f"q={SECRET}", ""))
        if SECRET in said or MAIL in said:
            leaks.append(path)
    for path in PAGES:
        page = browser.get(f"{site.home}{path.format(**places)}")
        looked += page.status_code == 200
        text = page.text.replace(f'value="{SECRET}"', "").replace(f"q={SECRET}", "")
        if SECRET in digits_together(text) or MAIL in text:
            leaks.append(path)
    assert leaks == []
    assert looked > 20


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_a_quick_search_does_not_find_by_what_is_not_seen(site: Site, right: str) -> None:
    attack = open_shop(site, role(right))
    assert attack.call("GET", PEOPLE, q=SECRET).get_json()["records"] == []
    assert len(attack.call("GET", PEOPLE, q="张三").get_json()["records"]) == 1


def test_masked_values_keep_their_shape(site: Site) -> None:
    fields = dict.fromkeys(("mobile", "email", "name", "birthday", "tier", "tags"), "masked")
    attack = open_shop(site, role(forms={"customers": {"fields": fields}}))
    shown = attack.call("GET", f"{PEOPLE}/{attack.customer}").get_json()
    assert {key: shown[key] for key in fields} == {
        "mobile": "138****6666",
        "email": "z***@secret.example",
        "name": "张*",
        "birthday": "05-17",
        "tier": "•••",
        "tags": "•••",
    }
    linked = attack.call("GET", f"{ORDERS}/{attack.order}").get_json()
    assert linked["customer"]["title"] == "张*"


def test_the_mask_never_becomes_the_value(site: Site) -> None:
    attack = open_shop(site, role("masked"))
    for sent in ("138****6666", SECRET, "13900000000"):
        answer = attack.call("PATCH", f"{PEOPLE}/{attack.customer}", {"mobile": sent})
        assert answer.status_code == 422
        assert answer.get_json()["problems"][0]["path"] == "mobile"
    refused = attack.call("POST", PEOPLE, {"name": "New", "mobile": "138****0000"})
    assert refused.status_code == 422
    taken = attack.call("POST", PEOPLE, {"name": "New", "mobile": "13900000001"})
    assert taken.get_json()["mobile"] == "139****0001"


def test_what_may_only_be_read_is_refused_at_its_field(site: Site) -> None:
    attack = open_shop(site, role("read_only"))
    before = attack.call("GET", f"{PEOPLE}/{attack.customer}").get_json()
    assert before["mobile"].endswith(SECRET)
    answer = attack.call("PATCH", f"{PEOPLE}/{attack.customer}", {"mobile": "13900000002"})
    assert [(p["path"], p["code"]) for p in answer.get_json()["problems"]] == [
        ("mobile", "read-only-field")
    ]
    same = {"name": "Zhang", "mobile": before["mobile"]}
    assert attack.call("PATCH", f"{PEOPLE}/{attack.customer}", same).status_code == 200


def rows_of(key: str) -> Iterator[Question]:
    """Every way of asking about the records that point to a customer."""
    empty, counted = {"field": key, "op": "is_empty"}, {"formula": f"COUNT({key}) > 0"}
    for condition in (
        empty, counted, {"formula": f"COUNT({key}, WHERE id > 0) = 0"},
        {"aggregate": "count", "of": key, "op": "gt", "value": 0},
        {"aggregate": "last", "of": key, "field": "created_at", "op": "is_not_empty"},
    ):  # fmt: skip
        yield "GET", PEOPLE, None, {"filter": json.dumps(condition)}
        yield "POST", f"{PEOPLE}/search", {"filter": condition, "count": True}, {}
        yield "POST", "/reports/run", report("customers", where=condition), {}
    where = [{"as": "n", "aggregate": "count", "where": counted}]
    yield "POST", "/reports/run", report("customers", measures=where), {}
    yield "POST", "/reports/run", report("customers", dimensions=[{"as": "d", "field": key}]), {}


GROUPS: dict[str, Any] = {
    "kind": "form", "key": "groups", "label": "RoundTables", "title": "{name}",
    "fields": [{"key": "name", "type": "text"},
               {"key": "members", "type": "links", "to": "customers"}],
}  # fmt: skip


def with_groups(site: Site, fields: dict[str, Any]) -> tuple[Attack, str]:
    """The shop with a group that one customer is in; an order and the group point there."""
    attack = open_shop(site, role())
    group = {"key": "tables", "type": "related", "from": "groups", "via": "members"}
    owner, customers = system_access("en"), {**FORMS[1], "fields": [*FORMS[1]["fields"], group]}
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [GROUPS, customers])
        given = {"name": "GroupCanary", "members": [attack.customer]}
        create_record(uow, owner, "groups", given, origin=API)
        number = get_record(uow, owner, "orders", attack.order)["order_no"]
        store.save_draft(uow, owner, "role", role(forms=fields))
        store.publish(uow, owner, [("role", "desk")])
    return attack, str(number)


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_records_that_point_here_by_a_link_nobody_shows_are_not_there(
    site: Site, right: str
) -> None:
    fields = {"orders": {"fields": {"customer": right}}, "groups": {"fields": {"members": right}}}
    attack, number = with_groups(site, fields)
    told = {}
    for key in ("orders", "tables"):
        for hidden, absent in zip(rows_of(key), rows_of("nowhere"), strict=True):
            one = attack.call(*hidden[:3], **hidden[3])
            other = attack.call(*absent[:3], **absent[3])
            same = named(one.text, key) == named(other.text, "nowhere")
            if (one.status_code, other.status_code) != (422, 422) or not same:
                told[str(hidden)] = (one.status_code, one.text, other.text)
    assert told == {}
    places = [
        PEOPLE, f"{PEOPLE}/{attack.customer}", f"{PEOPLE}/{attack.customer}/timeline",
        "/forms/customers", "/forms/customers/schema", "/forms",
    ]  # fmt: skip
    words = (number, "GroupCanary", '"tables"', '"via"')
    for path in places:
        answer = attack.call("GET", path)
        assert answer.status_code == 200
        assert [word for word in words if word in answer.text] == [], path
    asked = {"formula": "COUNT(or", "position": 8}
    offered = attack.call("POST", "/forms/customers/formulas/check", asked).get_json()
    assert "orders" not in json.dumps(offered)


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_no_page_lists_what_points_here_by_a_link_nobody_shows(site: Site, right: str) -> None:
    fields = {"orders": {"fields": {"customer": right}}, "groups": {"fields": {"members": right}}}
    attack, number = with_groups(site, fields)
    browser = site.signed_in("Chen", "desk")
    for tab in ("", "orders", "tables", "history"):
        page = browser.get(f"{site.home}/forms/customers/records/{attack.customer}?tab={tab}")
        assert page.status_code == 200
        for word in (number, "GroupCanary", "tab=orders", "tab=tables"):
            assert word not in page.text, (tab, word)
    refused = browser.send(f"{site.home}/forms/customers/records/{attack.customer}/delete")
    by_key = attack.call("DELETE", f"{PEOPLE}/{attack.customer}")
    assert (by_key.status_code, by_key.get_json()["code"]) == (409, "still-needed")
    for answer in (refused, by_key):
        assert "RoundTables" not in answer.text
        assert "Orders" not in answer.get_data(as_text=True).partition("<main")[2]


def test_a_derived_field_shows_what_its_designer_decided(site: Site) -> None:
    attack = open_shop(site, role("hidden"))
    shown = attack.call("GET", f"{PEOPLE}/{attack.customer}").get_json()
    assert shown["card"] == "张三 · 66"
    assert "mobile" not in shown


@pytest.mark.parametrize("key", ["mobile", "email"])
def test_nobody_names_a_record_by_a_key_they_do_not_see(site: Site, key: str) -> None:
    attack = open_shop(site, role("hidden"))
    value = SECRET if key == "mobile" else MAIL
    by_key = {key: value}
    answers = [
        attack.call("POST", ORDERS, {"customer": by_key}),
        attack.call("POST", ORDERS, {"customer": {key: "13999999999"}}),
        attack.call(
            "POST",
            f"{ORDERS}/search",
            {"filter": {"field": "customer", "op": "is", "value": by_key}},
        ),
    ]
    assert [each.status_code for each in answers] == [422] * 3
    batch = {"records": [{key: value, "name": "X"}], "mode": "upsert", "key": key}
    assert attack.call("POST", f"{PEOPLE}/batch", batch).status_code == 422


def test_rows_that_stay_keep_a_column_their_writer_does_not_see(site: Site) -> None:
    attack = open_shop(site, role(forms={"orders": {"fields": {"items.price": "hidden"}}}))
    order = attack.call("GET", f"{ORDERS}/{attack.order}").get_json()
    row = order["items"][0]
    assert "price" not in row
    changed = {"items": [{"id": row["id"], "quantity": "3"}]}
    assert attack.call("PATCH", f"{ORDERS}/{attack.order}", changed).status_code == 200
    owner = site.token("owner")
    whole = site.visitor().get(f"/api/v1{ORDERS}/{attack.order}", headers=owner).get_json()
    assert whole["items"][0]["price"] == "10.0000"
    fresh = {"items": [{"quantity": "1", "price": "99"}]}
    refused = attack.call("PATCH", f"{ORDERS}/{attack.order}", fresh)
    assert [p["path"] for p in refused.get_json()["problems"]] == ["items/0/price"]


def test_a_stored_report_over_a_hidden_field_is_not_run_for_who_does_not_see_it(
    site: Site, tmp_path: Path
) -> None:
    attack = open_shop(site, role("hidden"))
    owner = site.token("owner")
    stored = {
        "kind": "report",
        "key": "by_mobile",
        "label": "By mobile",
        "from": "customers",
        "dimensions": [{"as": "m", "field": "mobile"}],
        "measures": [{"as": "n", "aggregate": "count"}],
    }
    client = site.visitor()
    assert client.post("/api/v1/reports", json=stored, headers=owner).status_code == 201
    assert client.post("/api/v1/reports/by_mobile/publish", headers=owner).status_code == 200
    whole = client.post("/api/v1/reports/by_mobile/run", json={}, headers=owner)
    assert SECRET in whole.text
    refused = attack.call("POST", "/reports/by_mobile/run", {})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "definition-not-whole")
    assert "mobile" not in refused.text.replace("by_mobile", "")
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        clerk = Access(None, "till", "desk", "en", (), "token", 1, roles=roles_of(uow))
        export_records(uow, clerk, "customers", tmp_path / "x.csv")
        export_records(uow, clerk, "customers", tmp_path / "x.xlsx")
    assert SECRET not in (tmp_path / "x.csv").read_text("utf-8-sig")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[0]
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "张三" in cells
    assert not [cell for cell in cells if str(cell).endswith(SECRET)]
