"""Records named by a unique field: in filters at the API and in conditions that stay."""

import json
from typing import Any

import pytest

from regulars.form_builder import expressing, finding, querying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.form_builder.rows import StoredRecords
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")
CLI = Origin("cli")


def fill(uow: UnitOfWork) -> list[int]:
    publish_forms(uow)
    made = []
    for name, mobile in (("Ann", "13800138000"), ("Bea", "13800138001")):
        who = create_record(uow, ACCESS, "customers", {"name": name, "mobile": mobile}, origin=CLI)
        order = create_record(uow, ACCESS, "orders", {"customer": who.id}, origin=CLI)
        made.append(order.id)
    return made


def of_customer(value: Any, op: str = "is") -> dict[str, Any]:
    return {"field": "customer", "op": op, "value": value}


@pytest.mark.parametrize("spelled", ["13800138000", "138 0013 8000", "+86 138-0013-8000"])
def test_a_filter_finds_a_link_however_the_key_is_spelled(uow: UnitOfWork, spelled: str) -> None:
    first, _second = fill(uow)
    catalog = catalog_of(uow)
    form = catalog.get_form("orders")
    for raw in (of_customer({"mobile": spelled}), of_customer([{"mobile": spelled}], "in")):
        page = finding.find(uow, ACCESS, catalog, form, querying.RecordQuery(filter=raw))
        assert [each.id for each in page.records] == [first]


@pytest.mark.parametrize("op", ["is", "in"])
def test_a_mobile_number_is_found_however_it_is_typed(uow: UnitOfWork, op: str) -> None:
    fill(uow)
    catalog = catalog_of(uow)
    form = catalog.get_form("customers")
    for typed in ("13800138000", "138 0013 8000", "+8613800138000"):
        leaf = {"field": "mobile", "op": op, "value": typed}
        page = finding.find(uow, ACCESS, catalog, form, querying.RecordQuery(filter=leaf))
        assert [each["name"] for each in page.records] == ["Ann"]
    leaf = {"field": "mobile", "op": op, "value": "nobody"}
    assert (
        finding.find(uow, ACCESS, catalog, form, querying.RecordQuery(filter=leaf)).records == []
    )


def test_a_condition_that_stays_looks_the_record_up_each_time(uow: UnitOfWork) -> None:
    first, second = fill(uow)
    catalog = catalog_of(uow)
    tree, problems = catalog.condition("orders", of_customer({"mobile": "13800138002"}))
    assert problems == []
    holds = catalog.closure(tree)

    def meeting() -> list[int]:
        records = StoredRecords(uow, catalog)
        context = expressing.context(uow, None, records)
        rows = [records.linked("orders", each) for each in (first, second)]
        return [row["id"] for row in rows if row is not None and holds(row, context)]

    assert meeting() == []
    third = create_record(
        uow, ACCESS, "customers", {"name": "Cid", "mobile": "13800138002"}, origin=CLI
    )
    create_record(uow, ACCESS, "orders", {"customer": third.id}, origin=CLI)
    table = catalog.tables["orders"].main
    found = uow.execute(
        table.select().where(expressing.where_sql(uow, catalog, tree, table))
    ).all()
    assert [row.customer for row in found] == [third.id]


def test_a_filter_with_an_unknown_key_is_refused(uow: UnitOfWork) -> None:
    fill(uow)
    catalog = catalog_of(uow)
    form = catalog.get_form("orders")
    for value, code in (
        ({"mobile": "13900000000"}, "nothing-under-key"),
        ({"mobile": "nobody"}, "literal-not-of-kind"),
        ({"name": "Ann"}, "link-key-not-unique"),
        ({"unknown": "x"}, "unknown-field"),
    ):
        asked = querying.RecordQuery(filter=of_customer(value))
        with pytest.raises(Invalid) as refused:
            finding.find(uow, ACCESS, catalog, form, asked)
        assert [(each.path, each.code) for each in refused.value.problems] == [
            ("filter/value", code)
        ]


def test_the_api_takes_a_store_by_its_code(
    site: Site, database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        fill(uow)
    client, headers = site.app.test_client(), site.token()
    condition = {"field": "unit", "op": "is", "value": {"code": "S404"}}
    query = {"filter": json.dumps(condition)}
    answer = client.get("/api/v1/forms/orders/records", query_string=query, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["problems"][0]["code"] == "nothing-under-key"
