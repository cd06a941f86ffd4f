"""Buttons: what their settings must say, and that they hold nothing."""

from typing import Any

import pytest

from regulars.form_builder.buttons import buttons_of
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms

OWNER, CLI = system_access("en"), Origin("cli")


def form(**settings: Any) -> dict[str, Any]:
    button = {"key": "go", "type": "button", **settings}
    fields = [{"key": "name", "type": "text"}, {"key": "at", "type": "datetime"}, button]
    return {"kind": "form", "key": "cards", "label": "Cards", "fields": fields}


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, ["button-does-one-thing"]),
        ({"starts": "greet", "opens": "tel:{name}"}, ["button-does-one-thing"]),
        ({"opens": "javascript:alert({id})"}, ["button-address"]),
        ({"opens": "{name}"}, ["button-address"]),
        ({"opens": "https://{name}.example/"}, ["button-address"]),
        ({"opens": "https://x.example{name}"}, ["button-address"]),
        ({"opens": "https://me@{name}/"}, ["button-address"]),
        ({"opens": "//x.example/"}, ["button-address"]),
        ({"opens": "https://x.example/a b"}, ["not-a-url"]),
        ({"opens": "https://x.example/{name"}, ["not-a-url"]),
        ({"opens": "https://x.example/{nothing}"}, ["unknown-field"]),
        ({"opens": "https://x.example/{name.of}"}, ["unknown-field"]),
        ({"starts": "greet", "required": True}, None),
        ({"starts": "greet", "unique": True}, ["cannot-be-unique"]),
    ],
)
def test_a_button_must_say_what_it_does(
    uow: UnitOfWork, settings: dict[str, Any], codes: list[str] | None
) -> None:
    if codes is None:
        publish_forms(uow, [form(**settings)])
        assert create_record(uow, OWNER, "cards", {"name": "a"}, origin=CLI).version == 1
        return
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [form(**settings)])
    assert [problem.code for problem in caught.value.problems] == codes


@pytest.mark.parametrize("prefix", ["https://x.example/", "https://x.example?", "tel:", "mailto:"])
def test_values_stand_in_the_address_and_nowhere_else(uow: UnitOfWork, prefix: str) -> None:
    publish_forms(uow, [form(opens=f"{prefix}{{name}}-{{at}}-{{id}}")])
    values = {"name": "a/../@evil.example:8080?x=1#y", "at": "2026-03-01T10:00:00Z"}
    made = create_record(uow, OWNER, "cards", values, origin=CLI)
    (button,) = buttons_of(uow, OWNER, "cards", made.id)
    merged = f"a%2F..%2F%40evil.example%3A8080%3Fx%3D1%23y-2026-03-01T10%3A00%3A00Z-{made.id}"
    assert button.address == prefix + merged


def test_a_button_holds_nothing_and_takes_nothing(uow: UnitOfWork) -> None:
    publish_forms(uow, [form(starts="greet")])
    with pytest.raises(Invalid) as caught:
        create_record(uow, OWNER, "cards", {"go": "x"}, origin=CLI)
    assert [problem.code for problem in caught.value.problems] == ["read-only"]
    assert catalog_of(uow).path("cards", "go")[1][0].code == "unknown-field"
    assert "go" not in catalog_of(uow).tables["cards"].main.c
