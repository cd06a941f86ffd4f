"""S03: names and operators in filters, orders, groups and paths are looked up, never written."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.support.shop_forms import CUSTOMERS, SHOP, publish_forms
from tests.support.site import Site

RECORDS = "/api/v1/forms/customers/records"
HOSTILE = (
    "name;drop table f_customers",
    "(select 1)",
    "name) or 1=1--",
    'a"]',
    "name desc, (select pg_sleep(9))",
    "id' or '1'='1",
    "name__ci",
    "f_customers.name",
    "$.a') --",
    "name\x00",
    "../orders",
    "*",
    "",
    "名",
    "a" * 5000,
)
PEOPLE = ["100%", "under_score", "plain", "back\\slash", 'quote"s', "O'Brien"]


@pytest.fixture
def site_with_people(site: Site, database: Database, workspace: Workspace) -> Site:
    label = {"en": "Na\"me'); --", "zh-Hans": "姓\"名'"}
    fields = [{**each, **({"label": label} if each["key"] == "name" else {})}
              for each in CUSTOMERS["fields"]]  # fmt: skip
    forms = [{**each, "fields": fields} if each is CUSTOMERS else each for each in SHOP]
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, forms)
        rows = [{"name": name} for name in PEOPLE]
        write_batch(uow, system_access("en"), "customers", rows, origin=Origin("cli"))
    return site


@pytest.fixture
def canary(site_with_people: Site) -> Any:
    """Every person is still there afterwards, unchanged."""
    yield None
    site = site_with_people
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        table = catalog_of(uow).tables["customers"].main
        names = uow.execute(sa.select(table.c.name).order_by(table.c.id)).scalars().all()
    assert names == PEOPLE


def get(site: Site, **query: Any) -> Any:
    headers = {**site.token(), "Accept-Language": "en"}
    return site.app.test_client().get(RECORDS, query_string=query, headers=headers)


def post(site: Site, path: str, body: Any) -> Any:
    headers = {**site.token(), "Accept-Language": "en"}
    return site.app.test_client().post(f"/api/v1{path}", json=body, headers=headers)


def is_refused(answer: Any) -> bool:
    if answer.status_code in (400, 422):
        assert answer.get_json()["problems"] or answer.get_json()["title"]
        return True
    return False


def hostile_leaves(name: str) -> list[dict[str, Any]]:
    return [
        {"field": name, "op": "is", "value": "x"},
        {"field": "name", "op": name, "value": "x"},
        {"field": "name", "op": "is", "value": {"field": name}},
        {"aggregate": name, "of": "orders", "op": "gt", "value": 1},
        {"aggregate": "count", "of": name, "op": "gt", "value": 1},
        {"aggregate": "sum", "of": "orders", "field": name, "op": "gt", "value": 1},
        {"aggregate": "count", "of": "orders", "within": {"last": 1, "unit": name},
         "on": "paid_at", "op": "gt", "value": 1},
        {"aggregate": "count", "of": "orders", "within": {"calendar": name},
         "on": "paid_at", "op": "gt", "value": 1},
        {"aggregate": "count", "of": "orders", "within": {"last": 1, "unit": "day"},
         "on": name, "op": "gt", "value": 1},
        {"consent": {"purpose": f"{name}'", "channel": "sms"}},
        {"formula": f"{name} = 1 OR"},
        {"formula": f"[{name}] = 1"},
    ]  # fmt: skip


def test_a_name_that_is_no_field_is_refused_in_filters(
    site_with_people: Site, canary: None
) -> None:
    site = site_with_people
    for name in HOSTILE:
        for leaf in hostile_leaves(name):
            asked = post(site, "/forms/customers/records/search", {"filter": leaf})
            assert is_refused(asked), (leaf, asked.status_code)
        assert is_refused(get(site, filter=json.dumps(hostile_leaves(name)[0])))


def test_a_name_that_is_no_field_is_refused_in_orders_and_columns(
    site_with_people: Site, canary: None
) -> None:
    for name in filter(None, HOSTILE):
        for query in ({"sort": name}, {"sort": f"-{name}"}, {"fields": name}):
            assert is_refused(get(site_with_people, **query)), query


def hostile_reports(name: str) -> list[dict[str, Any]]:
    return [
        {"dimensions": [{"as": "x", "field": name}]},
        {"dimensions": [{"as": name, "field": "tier"}]},
        {"dimensions": [{"as": "x", "field": "birthday", "by": name}]},
        {"measures": [{"as": "n", "aggregate": name}]},
        {"measures": [{"as": "n", "aggregate": "sum", "field": name}]},
        {"sort": [name or "?"]},
        {"where": {"field": name, "op": "is", "value": 1}},
        {"from": name},
    ]


def test_a_report_groups_and_measures_only_fields(site_with_people: Site, canary: None) -> None:
    measure = {"as": "n", "aggregate": "count"}
    for name in HOSTILE:
        for shape in hostile_reports(name):
            definition = {"from": "customers", "measures": [measure], **shape}
            answer = post(site_with_people, "/reports/run", {"definition": definition})
            assert answer.status_code in (400, 404, 422), (shape, answer.get_json())


ODD_PARAMETERS: tuple[dict[str, str], ...] = (
    {"limit": "1e9"}, {"limit": "-1"}, {"limit": "0"}, {"limit": "1 OR 1=1"},
    {"limit": "9" * 5000},
    {"limit": "+1"}, {"cursor": "' OR 1=1--"}, {"cursor": "e30"}, {"filter": "[1]"},
    {"filter": "{"}, {"filter": "[" * 5000}, {'filter[a"]': "1"}, {"filter[name]": "x"},
    {"order_by": "name"}, {"sort": "name,name;"}, {"sort": "name desc"}, {"fields": "*"},
)  # fmt: skip


def test_parameters_are_read_strictly(site_with_people: Site, canary: None) -> None:
    for query in ODD_PARAMETERS:
        assert is_refused(get(site_with_people, **query)), query


def test_an_id_is_a_whole_number(site_with_people: Site, canary: None) -> None:
    for value in ("1", [1], True, "1 OR 1=1", {"id": "1; --"}, 1.5, -1, 2**63):
        leaf = {"aggregate": "count", "of": "orders", "op": "gte", "value": 0,
                "where": {"field": "customer", "op": "is", "value": value}}  # fmt: skip
        assert is_refused(get(site_with_people, filter=json.dumps(leaf))), value


def test_an_id_in_the_address_is_a_whole_number(site_with_people: Site, canary: None) -> None:
    headers = site_with_people.token()
    client = site_with_people.app.test_client()
    for path in ("1 OR 1=1", "1;", "-1", "1.0", "9" * 30, "0x1", "%27", "\u0661"):
        assert client.get(f"{RECORDS}/{path}", headers=headers).status_code == 404, path


def found(site: Site, **query: Any) -> list[str]:
    answer = get(site, **query)
    assert answer.status_code == 200, answer.get_json()
    return sorted(each["name"] for each in answer.get_json()["records"])


SIGNS = {
    "%": ["100%"],
    "_": ["under_score"],
    "\\": ["back\\slash"],
    '"': ['quote"s'],
    "'": ["O'Brien"],
    "%' OR 1=1--": [],
    "[a-z]": [],
}


def test_signs_of_patterns_are_only_letters(site_with_people: Site, canary: None) -> None:
    for sign, names in SIGNS.items():
        expected = {
            "contains": names,
            "starts_with": [name for name in names if name.startswith(sign)],
            "ends_with": [name for name in names if name.endswith(sign)],
        }
        for op, hits in expected.items():
            leaf = {"field": "name", "op": op, "value": sign}
            assert found(site_with_people, filter=json.dumps(leaf)) == hits, (op, sign)
        if len(sign) == 1:
            assert found(site_with_people, q=sign) == names


def test_a_label_with_quotes_can_be_sorted_and_exported(
    site_with_people: Site, canary: None
) -> None:
    assert found(site_with_people, sort="name", fields="name") == sorted(PEOPLE)
