"""What a form's own formulas give to a new record: defaults, frozen values, and their types."""

from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms

PAGE = Origin("page")
ACCESS = system_access("en")
GUESTS: dict[str, Any] = {
    "kind": "form",
    "key": "guests",
    "label": "Guests",
    "title": "{name}",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "vip", "type": "boolean"},
        {"key": "host", "type": "link", "to": "guests"},
        {"key": "host_vip", "type": "boolean", "default": {"formula": "host.vip"}},
        {
            "key": "was_vip",
            "type": "formula",
            "formula": "vip",
            "result": "boolean",
            "freeze": "on_create",
        },
        {"key": "known", "type": "boolean", "default": {"formula": "ISNOTEMPTY(name)"}},
    ],
}


def with_field(**field: Any) -> dict[str, Any]:
    return {**GUESTS, "fields": [*GUESTS["fields"], field]}


def refused(uow: UnitOfWork, form: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [form])
    return [(problem.path, problem.code) for problem in caught.value.problems]


def guest(uow: UnitOfWork, **values: Any) -> Any:
    return records.create_record(uow, ACCESS, "guests", values, origin=PAGE)


def test_what_nobody_filled_in_stays_unknown_in_defaults_and_frozen_formulas(
    uow: UnitOfWork,
) -> None:
    publish_forms(uow, [GUESTS])
    first = guest(uow, name="Ann")
    assert first["was_vip"] is None
    second = guest(uow, name="Bea", host=first.id, vip=False)
    assert second["host_vip"] is None
    assert second["was_vip"] is False
    third = guest(uow, name="Cid", host=second.id, vip=True)
    assert (third["host_vip"], third["was_vip"], third["known"]) == (False, True, True)


def test_a_lookup_of_something_unknown_is_unknown(uow: UnitOfWork) -> None:
    publish_forms(uow, [GUESTS])
    catalog = catalog_of(uow)
    tree, problems = catalog.path("guests", "vip")
    assert problems == []
    assert catalog.closure(tree)({"id": 1, "vip": None}, None) is None


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("NAME(", "formula-unfinished"),
        ("nobody", "unknown-field"),
        ("name", "wrong-kind"),
        ("1 / 2", "wrong-kind"),
    ],
)
def test_a_default_that_cannot_be_computed_is_refused(
    uow: UnitOfWork, formula: str, code: str
) -> None:
    form = with_field(key="born", type="date", default={"formula": formula})
    assert refused(uow, form) == [("form/guests/fields/6/default/formula", code)]


def test_a_frozen_formula_that_cannot_be_computed_is_refused(uow: UnitOfWork) -> None:
    form = with_field(
        key="stamp", type="formula", formula="vip + 1", result="number", freeze="on_create"
    )
    assert refused(uow, form) == [("form/guests/fields/6/formula", "wrong-kind")]


def test_a_default_in_a_row_of_a_subform_is_checked_too(uow: UnitOfWork) -> None:
    rows = [{"key": "n", "type": "number", "default": {"formula": "name"}}]
    form = with_field(key="rows", type="subform", fields=rows)
    assert refused(uow, form) == [
        ("form/guests/fields/6/fields/0/default/formula", "unknown-field")
    ]


BASKETS: dict[str, Any] = {
    "kind": "form",
    "key": "baskets",
    "label": "Baskets",
    "fields": [
        {"key": "name", "type": "text"},
        {
            "key": "lines",
            "type": "subform",
            "fields": [
                {"key": "price", "type": "number", "decimals": 2},
                {"key": "quantity", "type": "number", "default": 1},
                {"key": "half", "type": "number", "default": {"formula": "price / 2"}},
            ],
        },
    ],
}


def test_new_rows_of_a_record_get_their_defaults(uow: UnitOfWork) -> None:
    publish_forms(uow, [BASKETS])
    lines = [{"price": "5"}, {"price": "8", "quantity": 3, "half": 1}, {"quantity": None}]
    made = records.create_record(uow, ACCESS, "baskets", {"lines": lines}, origin=PAGE)
    kept = [(row["quantity"], row["half"]) for row in made["lines"]]
    assert kept == [(1, 3), (3, 1), (None, None)]
    changed = [{"id": made["lines"][1]["id"], "price": "9"}, {"price": "2"}]
    after = records.update_record(uow, ACCESS, "baskets", made.id, {"lines": changed}, origin=PAGE)
    assert (after["lines"][1]["quantity"], after["lines"][1]["half"]) == (1, 1)
    assert after["lines"][0]["id"] == made.values["lines"][1]["id"]
