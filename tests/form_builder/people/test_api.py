"""The API of people, as outside clients call it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regulars.platform.db import Database, Workspace
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

CUSTOMERS = "/api/v1/forms/customers/records"
PEOPLE = "/api/v1/people/customers"


class Program:
    """An outside client with a token."""

    def __init__(self, site: Site, role: str = "owner") -> None:
        self.client: FlaskClient = site.app.test_client()
        self.headers = {**site.token(role), "Accept-Language": "en"}

    def call(self, method: str, url: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.open(url, method=method, json=body, headers={**self.headers, **headers})

    def make(self, **values: Any) -> int:
        answer = self.call("POST", CUSTOMERS, values)
        assert answer.status_code == 201, answer.json
        return int(answer.get_json()["id"])


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> Site:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    return site


@pytest.fixture
def program(shop: Site) -> Program:
    return Program(shop)


def test_duplicates_come_with_scores_and_reasons(program: Program) -> None:
    one, two = program.make(name="Ann", email="a@x.cn"), program.make(name="A", email="A@x.cn")
    answer = program.call("GET", f"{PEOPLE}/duplicates").get_json()
    assert answer["count"] == 1
    (group,) = answer["groups"]
    assert [each["id"] for each in group["people"]] == [one, two]
    assert group["pairs"][0]["reasons"] == [
        {"code": "same-email", "message": "The same e-mail address"}
    ]
    assert program.call("GET", f"{PEOPLE}/duplicates?least=99").get_json()["groups"] == []
    told = program.call("POST", f"{PEOPLE}/duplicates/apart", {"ids": [one, two]})
    assert told.status_code == 204
    assert program.call("GET", f"{PEOPLE}/duplicates").get_json()["count"] == 0


def test_whoever_writes_may_ask_first_whom_it_looks_like(program: Program) -> None:
    one = program.make(name="Ann", email="a@x.cn")
    asked = {"values": {"name": "Anna", "email": "A@X.cn"}}
    (hit,) = program.call("POST", f"{PEOPLE}/look-alikes", asked).get_json()["people"]
    assert (hit["id"], hit["reasons"][0]["code"]) == (one, "same-email")


def test_a_merge_is_tried_done_and_taken_back(program: Program) -> None:
    one, two = program.make(name="Ann"), program.make(name="Anne", email="a@x.cn", tags=["t"])
    asked = {"keep": one, "drop": two, "choose": {"name": "drop"}}
    plan = program.call("POST", f"{PEOPLE}/merge", {**asked, "dry_run": True}).get_json()
    assert plan["choose"] == {"name": "drop", "email": "drop", "tags": "both"}
    assert plan["problems"] == []
    assert program.call("GET", f"{CUSTOMERS}/{two}").status_code == 200
    done = program.call("POST", f"{PEOPLE}/merge", asked).get_json()
    assert (done["keep"], done["drop"], done["again"]) == (one, two, False)
    gone = program.call("GET", f"{CUSTOMERS}/{two}")
    assert (gone.status_code, gone.json["code"], gone.json["merged_into"]) == (
        404, "merged-into", one,
    )  # fmt: skip
    assert program.call("GET", f"{CUSTOMERS}/{one}").get_json()["name"] == "Anne"
    back = program.call("POST", f"{PEOPLE}/{two}/unmerge")
    assert (back.status_code, back.get_json()["email"]) == (200, "a@x.cn")
    assert program.call("POST", f"{PEOPLE}/{two}/unmerge").status_code == 404


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["drop required", "keep required"]),
        ({"keep": 1, "drop": True}, ["drop shape-type"]),
        ({"keep": 1, "drop": 0}, ["drop shape-minimum"]),
        ({"keep": 1, "drop": 1}, ["drop merge-with-itself"]),
        ({"keep": 1, "drop": 2, "dry_run": "yes", "choose": {"name": "left"}},
         ["choose/name shape-enum", "dry_run shape-type"]),
    ],
)  # fmt: skip
def test_all_problems_of_a_merge_come_together(
    program: Program, body: dict[str, Any], problems: list[str]
) -> None:
    program.make(name="Ann")
    answer = program.call("POST", f"{PEOPLE}/merge", body)
    assert answer.status_code == 422
    assert [f"{p['path']} {p['code']}" for p in answer.json["problems"]] == problems


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", "duplicates"), ("POST", "duplicates/apart"), ("POST", "merge"),
        ("POST", "1/unmerge"),
    ],
)  # fmt: skip
def test_a_clerks_token_opens_none_of_it(shop: Site, method: str, route: str) -> None:
    assert Program(shop, "clerk").call(method, f"{PEOPLE}/{route}", {}).status_code == 403
    assert shop.app.test_client().open(f"{PEOPLE}/{route}", method=method).status_code == 401
