"""The OpenAPI document is made from the routes, and says what they do."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from regulars.platform.web import openapi
from tests.support.shop_forms import publish_forms
from tests.support.site import Site


@pytest.fixture
def document(site: Site) -> dict[str, Any]:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    answer = site.visitor().get("/api/v1/openapi.json", headers=site.token())
    assert answer.status_code == 200
    assert answer.json is not None
    return dict(answer.json)


def test_the_document_is_sound(document: dict[str, Any]) -> None:
    found = OpenAPIV31SpecValidator(document).iter_errors()
    assert [error.message for error in found] == []


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(names) == len(set(names)) > 70


def test_every_route_is_in_it(site: Site, document: dict[str, Any]) -> None:
    shown = {(path, method) for path, item in document["paths"].items() for method in item}
    for each in openapi.operations(site.app):
        if each.route is not None:
            path = each.path
            if each.route.each:
                path = path.replace("{form_key}", "orders")
            assert (path, each.method) in shown


def test_the_records_of_each_form_are_described(document: dict[str, Any]) -> None:
    made = document["paths"]["/forms/customers/records"]["post"]
    body = made["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/customers.RecordValues"}
    values = document["components"]["schemas"]["customers.RecordValues"]
    assert values["required"] == ["name"]
    assert set(values["properties"]) >= {"name", "mobile", "tags"}
    assert "total_spend" not in values["properties"]
    record = document["components"]["schemas"]["customers.Record"]
    assert set(record["properties"]) >= {"id", "version", "name", "total_spend"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    waiting: list[Any] = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
            target = each.get("$ref")
            if isinstance(target, str):
                found: Any = document
                for part in target.removeprefix("#/").split("/"):
                    found = found[part]
                assert found


def test_a_known_document_is_not_sent_again(site: Site) -> None:
    headers = site.token()
    first = site.visitor().get("/api/v1/openapi.json", headers=headers)
    again = site.visitor().get(
        "/api/v1/openapi.json", headers={**headers, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.data == b""


def test_the_document_speaks_the_readers_language(site: Site) -> None:
    headers = {**site.token(), "Accept-Language": "en"}
    english = site.visitor().get("/api/v1/openapi.json", headers=headers).json
    chinese = (
        site.visitor()
        .get("/api/v1/openapi.json", headers={**headers, "Accept-Language": "zh-CN"})
        .json
    )
    assert english is not None
    assert chinese is not None
    tags = [{each["name"]: each["description"] for each in d["tags"]} for d in (english, chinese)]
    assert (tags[0]["reports"], tags[1]["reports"]) == ("Reports", "报表")


def test_without_a_key_there_is_no_document(site: Site) -> None:
    refused = site.visitor().get("/api/v1/openapi.json")
    assert refused.status_code == 401
    assert refused.mimetype == "application/problem+json"
