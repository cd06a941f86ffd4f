"""S16: nobody sets what the product sets, and what nobody asked for is refused, never ignored."""

from typing import Any

import pytest

from regulars.platform.web import openapi
from regulars.platform.web.permissions import permission_of
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

URL = "/api/v1/forms/customers/records"
SYSTEM: dict[str, Any] = {
    "id": 7, "version": 9, "created_at": "2020-01-01T00:00:00Z", "created_by": 1,
    "updated_at": "2020-01-01T00:00:00Z", "updated_by": 1, "form_version": 3, "batch": 1,
    "ext": {}, "workspace_id": 2, "store_id": 2, "role": "owner", "is_admin": True,
    "consent_at": "2020-01-01", "balance": 5, "total_spend": "9", "order_count": 1,
    "name__ci": "x", "__proto__": {}, "__class__": "x", "orders": [],
}  # fmt: skip


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    return site


def ask(
    site: Site, method: str, url: str, body: Any, headers: dict[str, str] | None = None
) -> Any:
    return site.visitor().open(url, method=method, json=body, headers=headers or site.token())


def test_s16_a_record_takes_no_system_value(shop: Site) -> None:
    made = ask(shop, "POST", URL, {"name": "Ann"}).json
    for key, value in SYSTEM.items():
        body = {"name": "Eve", key: value}
        batch = {"records": [body], "atomic": True}
        for answer in (
            ask(shop, "POST", URL, body),
            ask(shop, "PATCH", f"{URL}/{made['id']}", body),
            ask(shop, "POST", f"{URL}/batch", batch),
        ):
            (problem,) = answer.json["problems"]
            assert (answer.status_code, problem["path"].rpartition("/")[2]) == (422, key)
            assert problem["code"] in ("unknown-field", "read-only", "derived-field")
    assert ask(shop, "GET", URL, None).json["records"] == [made]


def test_s16_a_batch_that_is_not_atomic_refuses_the_row(shop: Site) -> None:
    rows = [{"name": "Eve", "id": 7}, {"name": "Bo"}]
    results = ask(shop, "POST", f"{URL}/batch", {"records": rows}).json["results"]
    assert [each["status"] for each in results] == ["refused", "created"]


def test_s16_a_row_of_a_subform_takes_no_system_value(shop: Site) -> None:
    ann = ask(shop, "POST", URL, {"name": "Ann"}).json
    rows = [{"quantity": 1, "parent": 5, "line_total": "7"}]
    answer = ask(
        shop, "POST", "/api/v1/forms/orders/records", {"customer": ann["id"], "items": rows}
    )
    assert answer.status_code == 422
    assert {each["path"] for each in answer.json["problems"]} == {
        "items/0/parent", "items/0/line_total",
    }  # fmt: skip


@pytest.mark.one_database
def test_s16_every_route_refuses_a_key_it_does_not_know(shop: Site) -> None:
    """Also one whose frame is closed by hand: the schema beside the route says what is known."""
    answers, whole = {}, shop.installation_key()
    for each in openapi.operations(shop.app):
        body = each.route.body if each.route is not None else None
        if body is None or body.get("additionalProperties") is not False:
            continue
        path = openapi.PREFIX + each.path
        for name in each.arguments:
            known = {"form_key": "customers", "code": "A", "key": "a"}
            path = path.replace(f"{{{name}}}", known.get(name, "1"))
        view = permission_of(shop.app.view_functions[each.endpoint])
        headers = whole if view is not None and view.door == "installation" else None
        answer = ask(shop, each.method.upper(), path, {"smuggled": 1}, headers)
        codes = [p["code"] for p in answer.json["problems"] if p["path"] == "smuggled"]
        answers[f"{each.method} {each.path}"] = (answer.status_code, codes)
    assert len(answers) > 15
    assert {k: v for k, v in answers.items() if v not in ((422, ["unknown-key"]),)} == {}


def test_s16_only_a_whole_number_names_a_record(shop: Site) -> None:
    made = ask(shop, "POST", URL, {"name": "Ann"}).json
    for identity in ("1", True, [1], {"id": 1}, 10**17, -1, 0, 1.5, ""):
        for mode in ("update", "upsert"):
            body = {"records": [{"id": identity, "name": "Eve"}], "mode": mode}
            answer = ask(shop, "POST", f"{URL}/batch", body)
            assert (answer.status_code, answer.json["results"][0]["status"]) == (200, "refused")
    assert ask(shop, "GET", URL, None).json["records"] == [made]
