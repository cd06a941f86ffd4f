"""The formula editor at the API: mistakes, type, words, a live value, what could stand here."""

from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

CHECK = "/api/v1/forms/customers/formulas/check"


@pytest.fixture
def shop(site: Site, database: Database, workspace: Workspace) -> Site:
    access = system_access("en")
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        for name in ("Ann", "Bea"):
            who = create_record(uow, access, "customers", {"name": name}, origin=Origin("cli"))
        items = [{"quantity": 3, "price": "4.5"}]
        order = {"customer": who.id, "items": items}
        create_record(uow, access, "orders", order, origin=Origin("cli"))
    return site


def ask(site: Site, path: str = CHECK, role: str = "owner", **body: Any) -> Any:
    headers = {**site.token(role), "Accept-Language": "en"}
    return site.app.test_client().post(path, json=body, headers=headers)


def test_a_sound_formula_is_answered_with_everything(shop: Site) -> None:
    answer = ask(shop, formula="SUM(orders,amount)*2")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "valid": True,
        "mistakes": [],
        "formula": "SUM(orders, amount) * 2",
        "type": {"kind": "number", "decimals": 2, "label": "number with 2 decimals"},
        "words": "the total of “amount” in “orders” × 2",
        "example": {"record": 2, "title": "Bea", "value": "27.00", "shown": "27"},
        "suggestions": [],
    }


def test_the_record_can_be_chosen(shop: Site) -> None:
    example = ask(shop, formula='name & "!"', record=1).get_json()["example"]
    assert example == {"record": 1, "title": "Ann", "value": "Ann!", "shown": "“Ann!”"}
    assert ask(shop, formula="name", record=99).get_json()["example"] is None


def test_mistakes_have_their_place_and_are_no_failure(shop: Site) -> None:
    answer = ask(shop, formula="name &\n nobody")
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["valid"], found["type"], found["example"], found["formula"]) == (
        False, None, None, "",
    )  # fmt: skip
    assert found["mistakes"] == [
        {
            "code": "unknown-field",
            "message": found["mistakes"][0]["message"],
            "line": 2,
            "column": 2,
        }
    ]
    assert "nobody" in found["mistakes"][0]["message"]


def test_the_cursor_asks_what_could_stand_there(shop: Site) -> None:
    found = ask(shop, formula="SUM(orders, am", position=14).get_json()["suggestions"]
    assert [(each["kind"], each["insert"], each["start"]) for each in found] == [
        ("field", "amount", 12)
    ]


def test_the_rows_of_a_record_have_formulas_of_their_own(shop: Site) -> None:
    path = "/api/v1/forms/orders/formulas/check"
    assert ask(shop, path, formula="quantity * price", rows="items").get_json()["valid"] is True
    assert ask(shop, path, formula="quantity * price").get_json()["valid"] is False
    assert ask(shop, path, formula="1", rows="nothing").status_code == 404


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["formula"]),
        ({"formula": 3}, ["formula"]),
        ({"formula": "1", "expect": "money"}, ["expect"]),
        ({"formula": "1", "position": "3", "record": True}, ["record", "position"]),
        ({"formula": "1", "code": "x"}, ["code"]),
    ],
)
def test_other_bodies_are_refused(shop: Site, body: dict[str, Any], paths: list[str]) -> None:
    answer = ask(shop, **body)
    assert answer.status_code == 422
    assert [each["path"] for each in answer.get_json()["problems"]] == paths


def test_a_form_that_is_not_there_has_no_formulas(shop: Site) -> None:
    assert ask(shop, "/api/v1/forms/nothing/formulas/check", formula="1").status_code == 404


def test_every_function_is_listed_with_its_help(shop: Site) -> None:
    headers = {**shop.token(), "Accept-Language": "zh-CN"}
    answer = shop.app.test_client().get("/api/v1/formulas/functions", headers=headers)
    functions = {each["name"]: each for each in answer.get_json()["functions"]}
    assert functions["LEN"]["written"].startswith("LEN(")
    assert functions["LEN"]["gives"] == "字符数。"
    assert "RESCALE" not in functions
