"""Lists at the API: filters, order, fields, pages by cursor."""

import json
from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.form_builder.test_api import CUSTOMERS, ORDERS, Program, problems_of
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

PEOPLE = [
    {"name": "Ann", "tier": "diamond", "birthday": "1990-05-01", "tags": ["vip"]},
    {"name": "Bo", "tier": "basic", "birthday": None, "email": "bo@x.example"},
    {"name": "Cy", "tier": "basic", "birthday": "1985-01-02", "tags": ["vip", "tea"]},
    {"name": "Di", "tier": "diamond", "birthday": "1985-01-02"},
    {"name": "Ed", "tier": None, "birthday": None},
]


@pytest.fixture
def program(site: Site, database: Database, workspace: Workspace) -> Program:
    access = system_access("en")
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        made = write_batch(uow, access, "customers", PEOPLE, origin=Origin("cli"))
        ann, bo = made.results[0].id, made.results[1].id
        orders = [
            {
                "customer": ann,
                "paid_at": "2026-03-01T10:00",
                "items": [{"quantity": 1, "price": 10}],
            },
            {
                "customer": ann,
                "paid_at": "2026-03-05T10:00",
                "items": [{"quantity": 3, "price": 10}],
            },
            {
                "customer": bo,
                "paid_at": "2026-02-01T10:00",
                "items": [{"quantity": 2, "price": 10}],
            },
        ]
        write_batch(uow, access, "orders", orders, origin=Origin("cli"))
    return Program(site)


def names(program: Program, **query: Any) -> list[str]:
    answer = program.get(CUSTOMERS, **query)
    assert answer.status_code == 200, answer.json
    return [each["name"] for each in answer.get_json()["records"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"field": "tier", "op": "is", "value": "diamond"}, ["Ann", "Di"]),
        ({"field": "tier", "op": "is_empty"}, ["Ed"]),
        ({"field": "tags", "op": "has", "value": "vip"}, ["Ann", "Cy"]),
        ({"field": "name", "op": "contains", "value": "A"}, ["Ann"]),
        ({"field": "birthday", "op": "before", "value": "1990-01-01"}, ["Cy", "Di"]),
        ({"field": "order_count", "op": "gte", "value": 1}, ["Ann", "Bo"]),
        ({"field": "total_spend", "op": "gt", "value": "20.00"}, ["Ann"]),
        ({"formula": "total_spend = 20"}, ["Bo"]),
        ({"aggregate": "count", "of": "orders", "op": "is", "value": 0}, ["Cy", "Di", "Ed"]),
        ({"not": {"field": "tier", "op": "is", "value": "basic"}}, ["Ann", "Di", "Ed"]),
    ],
)
def test_a_filter_finds_the_records_that_meet_it(
    program: Program, condition: dict[str, Any], found: list[str]
) -> None:
    assert names(program, filter=json.dumps(condition), sort="name") == found


def test_order_goes_by_several_fields_with_missing_values_last(program: Program) -> None:
    assert names(program, sort="birthday,-name") == ["Di", "Cy", "Ann", "Ed", "Bo"]
    assert names(program, sort="-birthday,name") == ["Ann", "Cy", "Di", "Bo", "Ed"]


def test_an_order_goes_through_a_link(program: Program) -> None:
    answer = program.get(ORDERS, sort="customer.name,-paid_at", fields="customer.name,amount")
    assert answer.get_json()["records"] == [
        {"id": 2, "customer.name": "Ann", "amount": "30.00"},
        {"id": 1, "customer.name": "Ann", "amount": "10.00"},
        {"id": 3, "customer.name": "Bo", "amount": "20.00"},
    ]


def test_only_the_asked_fields_are_answered(program: Program) -> None:
    answer = program.get(ORDERS, fields="customer,customer.tier,customer.tags", sort="id")
    assert answer.status_code == 422
    assert problems_of(answer) == [("fields/2", "cannot-select")]
    answer = program.get(ORDERS, fields="customer,customer.tier,version", sort="id", limit=1)
    (order,) = answer.get_json()["records"]
    assert order == {
        "id": 1, "customer": {"id": 1, "title": "Ann"}, "customer.tier": "diamond", "version": 1,
    }  # fmt: skip


@pytest.mark.parametrize("sort", ["birthday", "-birthday,name", "", "tier,-id"])
def test_pages_by_cursor_show_every_record_once(program: Program, sort: str) -> None:
    whole = names(program, sort=sort)
    seen: list[str] = []
    cursor = ""
    while True:
        page = program.get(CUSTOMERS, sort=sort, limit=2, cursor=cursor).get_json()
        seen += [each["name"] for each in page["records"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(seen) == len(PEOPLE)


def test_a_cursor_stays_where_it_was_while_records_come_and_go(program: Program) -> None:
    first = program.get(CUSTOMERS, sort="name", limit=2).get_json()
    program.make(CUSTOMERS, name="Aaron")
    program.call("DELETE", f"{CUSTOMERS}/4")
    rest = program.get(CUSTOMERS, sort="name", cursor=first["next"]).get_json()
    assert [each["name"] for each in first["records"]] == ["Ann", "Bo"]
    assert [each["name"] for each in rest["records"]] == ["Cy", "Ed"]


def test_search_answers_like_the_list_and_counts_when_asked(program: Program) -> None:
    body = {
        "filter": {"field": "tier", "op": "in", "value": ["basic", "diamond"]},
        "sort": ["-name"], "fields": ["name"], "limit": 2, "count": True,
    }  # fmt: skip
    answer = program.call("POST", f"{CUSTOMERS}/search", body).get_json()
    assert [each["name"] for each in answer["records"]] == ["Di", "Cy"]
    assert answer["count"] == 4
    assert "count" not in program.call("POST", f"{CUSTOMERS}/search", {}).get_json()


def test_words_are_found_in_any_text_field(program: Program) -> None:
    assert names(program, q="BO@X") == ["Bo"]
    assert names(program, q="100%") == []


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ({"filter": "{"}, [("filter", "not-an-object")]),
        ({"filter": "[" * 5000}, [("filter", "not-an-object")]),
        ({"sort": "colour"}, [("sort/0", "cannot-sort")]),
        ({"sort": "tags"}, [("sort/0", "cannot-sort")]),
        ({"fields": "colour"}, [("fields/0", "unknown-field")]),
        ({"limit": "0"}, [("limit", "shape-minimum")]),
        ({"limit": "1001"}, [("limit", "shape-maximum")]),
        ({"limit": "many"}, [("limit", "not-a-whole-number")]),
        ({"cursor": "x"}, [("cursor", "bad-cursor")]),
        (
            {"colour": "red", "limit": "x"},
            [("colour", "unknown-key"), ("limit", "not-a-whole-number")],
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    program: Program, query: dict[str, str], problems: list[tuple[str, str]]
) -> None:
    answer = program.get(CUSTOMERS, **query)
    assert answer.status_code == 422
    assert problems_of(answer) == problems


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "colour", "op": "is", "value": 1},
        {"field": "tier", "op": "gt", "value": 1},
        {"field": "birthday", "op": "before", "value": "soon"},
        {"formula": "name + 1"},
    ],
)
def test_a_filter_with_problems_names_their_place(
    program: Program, condition: dict[str, Any]
) -> None:
    answer = program.call("POST", f"{CUSTOMERS}/search", {"filter": condition})
    assert answer.status_code == 422
    assert all(path.startswith("filter") for path, _code in problems_of(answer))
    assert all(each["message"] for each in answer.json["problems"])


def test_a_cursor_of_another_order_is_refused(program: Program) -> None:
    cursor = program.get(CUSTOMERS, sort="name", limit=1).get_json()["next"]
    answer = program.get(CUSTOMERS, sort="name,tier", cursor=cursor)
    assert problems_of(answer) == [("cursor", "bad-cursor")]
