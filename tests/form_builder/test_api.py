"""The API of records: what outside clients send and get, on both databases."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

CUSTOMERS = "/api/v1/forms/customers/records"
ORDERS = "/api/v1/forms/orders/records"


class Program:
    """An outside client with a token."""

    def __init__(self, site: Site, role: str = "owner") -> None:
        self.client: FlaskClient = site.app.test_client()
        self.headers = {**site.token(role), "Accept-Language": "en"}

    def call(self, method: str, url: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.open(url, method=method, json=body, headers={**self.headers, **headers})

    def get(self, url: str, **query: Any) -> TestResponse:
        return self.client.get(url, query_string=query, headers=self.headers)

    def make(self, url: str, **values: Any) -> dict[str, Any]:
        answer = self.call("POST", url, values)
        assert answer.status_code == 201, answer.json
        return answer.get_json()


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> Site:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    return site


@pytest.fixture
def program(shop: Site) -> Program:
    return Program(shop)


def problems_of(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.mimetype == "application/problem+json"
    return [(each["path"], each["code"]) for each in answer.json["problems"]]


def test_a_made_record_is_answered_whole(program: Program) -> None:
    answer = program.call(
        "POST", CUSTOMERS, {"name": "Ann", "mobile": "13800138000", "tags": ["b", "a"]}
    )
    made = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{CUSTOMERS}/{made['id']}"
    assert re.fullmatch('"1-[0-9a-f]{12}"', answer.headers["ETag"])
    assert made | {"id": 0, "created_at": "", "updated_at": ""} == {
        "id": 0, "version": 1, "created_at": "", "created_by": None, "updated_at": "",
        "updated_by": None, "unit": None, "owner": None, "name": "Ann",
        "mobile": "+8613800138000", "email": None, "birthday": None, "tier": "basic",
        "tags": ["a", "b"], "order_count": "0", "total_spend": "0.00", "last_order_at": None,
        "average": None,
    }  # fmt: skip
    assert made["created_at"].endswith("Z")


def test_links_read_as_id_and_title_and_rows_have_ids(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    tea = program.make("/api/v1/forms/products/records", sku="T1", name="Tea", price="88.5")
    order = program.make(
        ORDERS,
        customer=ann["id"],
        paid_at="2026-03-01T10:00:00+08:00",
        items=[{"product": tea["id"], "quantity": 2, "price": "12.3456"}],
    )
    assert order["customer"] == {"id": ann["id"], "title": "Ann"}
    assert order["paid_at"] == "2026-03-01T02:00:00Z"
    assert order["amount"] == "24.69"
    (row,) = order["items"]
    assert row["product"] == {"id": tea["id"], "title": "Tea"}
    assert (row["quantity"], row["price"], row["line_total"]) == ("2", "12.3456", "24.6912")
    assert isinstance(row["id"], int)


def test_a_link_is_written_by_a_unique_key(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann", mobile="13800138000")
    made = program.make(ORDERS, customer={"mobile": "138 0013 8000"})
    assert made["customer"]["id"] == ann["id"]


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ({"mobile": "13900000000"}, "link-not-found"),
        ({"name": "Ann"}, "link-key-not-unique"),
        ({"colour": "red"}, "link-key-unknown"),
        (10**9, "link-not-found"),
        ("Ann", "not-a-link"),
        (True, "not-a-link"),
    ],
)
def test_a_link_to_nowhere_is_refused(program: Program, link: Any, code: str) -> None:
    answer = program.call("POST", ORDERS, {"customer": link})
    assert answer.status_code == 422
    assert problems_of(answer) == [("customer", code)]


def test_all_problems_come_together_in_the_clients_language(program: Program) -> None:
    body = {"nmae": "Ann", "email": "x", "birthday": 3, "tier": "gold", "tags": "vip"}
    answer = program.call("POST", CUSTOMERS, body)
    assert sorted(problems_of(answer)) == [
        ("birthday", "not-a-date"), ("email", "not-an-email"), ("name", "required"),
        ("nmae", "unknown-field"), ("tags", "not-a-list"), ("tier", "not-an-option"),
    ]  # fmt: skip
    messages = {each["path"]: each["message"] for each in answer.json["problems"]}
    assert messages["nmae"] == "There is no field called “nmae” here."
    chinese = program.call("POST", CUSTOMERS, body, **{"Accept-Language": "zh-CN"})
    messages = {each["path"]: each["message"] for each in chinese.json["problems"]}
    assert messages["nmae"] == "这里没有名为“nmae”的字段。"


def test_problems_in_rows_name_the_row(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    items = [{"quantity": 1, "price": "1"}, {"price": "many", "colour": 1}]
    answer = program.call("POST", ORDERS, {"customer": ann["id"], "items": items})
    assert sorted(problems_of(answer)) == [
        ("items/1/colour", "unknown-field"),
        ("items/1/price", "not-a-number"),
        ("items/1/quantity", "required"),
    ]


@pytest.mark.parametrize("field", ["order_count", "average", "id", "version"])
def test_what_the_product_works_out_cannot_be_written(program: Program, field: str) -> None:
    answer = program.call("POST", CUSTOMERS, {"name": "Ann", field: 1})
    assert answer.status_code == 422
    assert problems_of(answer)[0][0] == field


def test_a_change_touches_only_what_is_given(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann", email="a@x.example", tags=["vip"])
    answer = program.call("PATCH", f"{CUSTOMERS}/{ann['id']}", {"tier": "diamond", "email": None})
    changed = answer.get_json()
    assert answer.status_code == 200
    assert (changed["version"], changed["tier"], changed["email"]) == (2, "diamond", None)
    assert (changed["name"], changed["tags"]) == ("Ann", ["vip"])


def test_a_changed_list_of_rows_keeps_the_ids_it_names(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    items = [{"quantity": n, "price": "1"} for n in (1, 2, 3)]
    order = program.make(ORDERS, customer=ann["id"], items=items)
    first, second, third = (row["id"] for row in order["items"])
    rows = [
        {"id": third, "quantity": 3, "price": "2"},
        {"quantity": 9, "price": "1"},
        {"id": first, "quantity": 1, "price": "1"},
        {"id": first, "quantity": 7, "price": "1"},
        {"id": 10**6, "quantity": 8, "price": "1"},
    ]
    changed = program.call("PATCH", f"{ORDERS}/{order['id']}", {"items": rows}).get_json()
    ids = [row["id"] for row in changed["items"]]
    assert [row["quantity"] for row in changed["items"]] == ["3", "9", "1", "7", "8"]
    assert (ids[0], ids[2]) == (third, first)
    assert len(set(ids)) == 5
    assert not {ids[1], ids[3], ids[4]} & {first, second, third, 10**6}
    assert changed["amount"] == "31.00"


def test_a_change_of_nothing_keeps_the_version(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    answer = program.call("PATCH", f"{CUSTOMERS}/{ann['id']}", {"name": "Ann"})
    assert answer.get_json()["version"] == 1


@pytest.mark.parametrize("tag", ['"1"', "1", '"1-abc"', '"9", "1"', "*"])
def test_a_change_of_the_version_that_was_read_is_taken(program: Program, tag: str) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    url = f"{CUSTOMERS}/{ann['id']}"
    assert program.call("PATCH", url, {"name": "Bo"}, **{"If-Match": tag}).status_code == 200


@pytest.mark.parametrize("tag", ['"7"', "x", 'W/"1"', '"1x"', '""'])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_of_an_old_version_is_refused(program: Program, method: str, tag: str) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    url = f"{CUSTOMERS}/{ann['id']}"
    body = {"name": "Bo"} if method == "PATCH" else None
    answer = program.call(method, url, body, **{"If-Match": tag})
    assert answer.status_code == 412
    assert program.get(url).get_json()["name"] == "Ann"


def test_a_deleted_record_comes_back_whole(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann", tags=["vip"])
    url = f"{CUSTOMERS}/{ann['id']}"
    assert program.call("DELETE", url).status_code == 204
    assert program.get(url).status_code == 404
    (waiting,) = program.get("/api/v1/forms/customers/bin").get_json()["records"]
    assert (waiting["record"], waiting["title"]) == (ann["id"], "Ann")
    back = program.call("POST", f"/api/v1/forms/customers/bin/{ann['id']}/restore")
    assert back.get_json()["tags"] == ["vip"]


def test_what_others_point_to_cannot_be_deleted(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    program.make(ORDERS, customer=ann["id"])
    answer = program.call("DELETE", f"{CUSTOMERS}/{ann['id']}")
    assert answer.status_code == 409
    assert answer.json["code"] == "still-linked"


def test_restoring_what_is_taken_by_now_is_refused(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann", mobile="13800138000")
    program.call("DELETE", f"{CUSTOMERS}/{ann['id']}")
    program.make(CUSTOMERS, name="Bo", mobile="13800138000")
    answer = program.call("POST", f"/api/v1/forms/customers/bin/{ann['id']}/restore")
    assert answer.status_code == 422
    assert problems_of(answer) == [("mobile", "not-unique")]


def batch(program: Program, records: list[Any], **more: Any) -> TestResponse:
    return program.call("POST", f"{CUSTOMERS}/batch", {"records": records, **more})


def test_a_batch_takes_the_good_rows_and_says_what_is_wrong_with_the_others(
    program: Program,
) -> None:
    answer = batch(program, [{"name": "Ann"}, {"nmae": "Bo"}, {"name": "Cy", "email": "x"}])
    results = answer.get_json()["results"]
    assert answer.status_code == 200
    assert [each["status"] for each in results] == ["created", "refused", "refused"]
    assert [each["index"] for each in results] == [0, 1, 2]
    assert [(p["path"], p["code"]) for p in results[1]["problems"]] == [("nmae", "unknown-field")]
    assert program.get(CUSTOMERS).get_json()["records"][0]["id"] == results[0]["id"]


def test_an_atomic_batch_takes_all_or_nothing(program: Program) -> None:
    answer = batch(program, [{"name": "Ann"}, {"name": ""}], atomic=True)
    assert answer.status_code == 422
    assert problems_of(answer) == [("1/name", "required")]
    assert program.get(CUSTOMERS).get_json()["records"] == []


@pytest.mark.parametrize(("more", "waits"), [({}, False), ({"automation": "live"}, True)])
def test_a_batch_starts_rules_only_when_that_is_asked_for(
    shop: Site, database: Database, workspace: Workspace, more: dict[str, str], waits: bool
) -> None:
    batch(Program(shop), [{"name": "Ann"}], **more)
    with database.workspace_tx(workspace, write=False) as uow:
        told = uow.execute(event.select()).one()
    assert (told.kind, told.historic) == ("record_created", not waits)
    assert (told.processed_at is None) == waits


def test_a_batch_updates_by_a_unique_key(program: Program) -> None:
    program.make(CUSTOMERS, name="Ann", mobile="13800138000")
    rows = [
        {"mobile": "13800138000", "tier": "diamond"},
        {"mobile": "13900139000", "name": "Bo"},
        {"mobile": "13800138000", "tier": "diamond"},
    ]
    answer = batch(program, rows, mode="upsert", key="mobile")
    assert [each["status"] for each in answer.get_json()["results"]][:2] == ["updated", "created"]
    only = batch(
        program, [{"mobile": "13700137000", "tier": "basic"}], mode="update", key="mobile"
    )
    assert only.get_json()["results"][0]["problems"][0]["code"] == "no-such-record"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("records", "not-a-list")),
        ({"records": [1]}, ("records/0", "not-an-object")),
        ({"records": [], "mode": "replace"}, ("mode", "unknown-mode")),
        ({"records": [], "atomic": "yes"}, ("atomic", "not-a-boolean")),
        ({"records": [], "automation": "later"}, ("automation", "unknown-automation")),
        ({"records": [], "keys": "x"}, ("keys", "unknown-key")),
        ({"records": [{}] * 1001}, ("records", "too-many-records")),
    ],
)
def test_a_batch_in_a_wrong_frame_is_refused(
    program: Program, body: dict[str, Any], problem: tuple[str, str]
) -> None:
    answer = program.call("POST", f"{CUSTOMERS}/batch", body)
    assert answer.status_code == 422
    assert problems_of(answer) == [problem]


def test_history_and_timeline_tell_what_happened(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    program.call("PATCH", f"{CUSTOMERS}/{ann['id']}", {"tier": "diamond"})
    order = program.make(ORDERS, customer=ann["id"], paid_at="2026-03-01T00:00:00Z")
    entries = program.get(f"{CUSTOMERS}/{ann['id']}/history").get_json()["history"]
    assert [each["action"] for each in entries] == ["updated", "created"]
    assert entries[0]["changes"] == {"tier": ["basic", "diamond"]}
    assert entries[0]["origin"] == "api"
    (moment,) = program.get(f"{CUSTOMERS}/{ann['id']}/timeline").get_json()["timeline"]
    assert (moment["form"], moment["record"]) == ("orders", order["id"])
    assert moment["at"] == "2026-03-01T00:00:00Z"


def test_the_same_key_with_the_same_body_is_done_once(program: Program) -> None:
    first = program.call("POST", CUSTOMERS, {"name": "Ann"}, **{"Idempotency-Key": "k1"})
    again = program.call("POST", CUSTOMERS, {"name": "Ann"}, **{"Idempotency-Key": "k1"})
    other = program.call("POST", CUSTOMERS, {"name": "Bo"}, **{"Idempotency-Key": "k1"})
    assert (first.get_json()["id"], first.status_code) == (
        again.get_json()["id"],
        again.status_code,
    )
    assert other.status_code == 409
    assert len(program.get(CUSTOMERS).get_json()["records"]) == 1


def test_a_quote_in_every_text_is_only_a_quote(program: Program) -> None:
    name = "O'Brien \"; DROP TABLE f_customers; -- <b>{x}%_"
    made = program.make(CUSTOMERS, name=name, tags=["'", '"'])
    assert made["name"] == name
    found = program.call("POST", f"{CUSTOMERS}/search", {"q": "o'brien \"; drop"})
    assert [each["id"] for each in found.get_json()["records"]] == [made["id"]]


def test_nobody_comes_in_without_a_token(shop: Site) -> None:
    answer = shop.app.test_client().get(CUSTOMERS)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_a_clerk_may_write_but_not_delete(shop: Site) -> None:
    clerk = Program(shop, "clerk")
    ann = clerk.make(CUSTOMERS, name="Ann")
    assert clerk.call("DELETE", f"{CUSTOMERS}/{ann['id']}").status_code == 403
    assert clerk.call("PUT", "/api/v1/forms/customers", {}).status_code == 403


@pytest.mark.parametrize("url", ["/api/v1/forms/nothing/records", f"{CUSTOMERS}/999"])
def test_what_is_not_there_is_not_found(program: Program, url: str) -> None:
    assert program.get(url).status_code == 404


def test_a_known_record_is_not_sent_again_until_it_reads_differently(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    url = f"{CUSTOMERS}/{ann['id']}"
    tag = program.get(url).headers["ETag"]
    for known in (tag, f"W/{tag}", "*", f'"x", {tag}'):
        same = program.call("GET", url, None, **{"If-None-Match": known})
        assert (same.status_code, same.data) == (304, b"")
    # An order changes what Ann has spent, not her version.
    program.make(ORDERS, customer=ann["id"], items=[{"quantity": 1, "price": "9"}])
    fresh = program.call("GET", url, None, **{"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.get_json()["version"] == ann["version"]
    assert program.call("PATCH", url, {"name": "Bo"}, **{"If-Match": tag}).status_code == 200


def test_what_is_purged_is_gone_for_good(program: Program) -> None:
    ann = program.make(CUSTOMERS, name="Ann")
    bin_ = CUSTOMERS.replace("/records", "/bin")
    assert program.call("DELETE", f"{bin_}/{ann['id']}").status_code == 404
    program.call("DELETE", f"{CUSTOMERS}/{ann['id']}")
    assert program.call("DELETE", f"{bin_}/{ann['id']}").status_code == 204
    assert program.get(bin_).get_json() == {"records": []}
    assert program.call("POST", f"{bin_}/{ann['id']}/restore").status_code == 404
