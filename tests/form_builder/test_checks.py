from collections.abc import Mapping
from typing import Any

import pytest

from regulars.form_builder.checks import fixed_checks, form_checks, has_path, inner_checks
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.schema import form_problems
from regulars.platform.definitions.snapshot import Published, Snapshot


def form_of(fields: list[dict[str, Any]], key: str = "orders", **more: Any) -> FormDefinition:
    raw = {"kind": "form", "key": key, "label": "A form", "fields": fields, **more}
    assert form_problems(raw) == []
    return FormDefinition.from_json(raw)


CUSTOMERS = FormDefinition.from_json(
    {
        "key": "customers",
        "label": "Customers",
        "fields": [
            {"key": "name", "type": "text"},
            {"key": "tier", "type": "choice", "options": [{"value": "vip"}]},
            {"key": "store", "type": "unit"},
        ],
    }
)
FORMS: Mapping[str, FormDefinition] = {"customers": CUSTOMERS}


def found(form: FormDefinition) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in inner_checks(form, FORMS)]


def test_a_form_that_fits_has_no_problems() -> None:
    form = form_of(
        [
            {"key": "order_no", "type": "serial", "pattern": "SO{YYYY}-{000}", "unique": True},
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "tier", "type": "lookup", "path": "customer.tier"},
            {"key": "paid", "type": "boolean", "default": False},
            {"key": "at", "type": "datetime", "default": {"formula": "NOW()"}},
            {"key": "created_at", "type": "created_at"},
        ],
        title="{order_no} · {customer.name} · {id}",
        layout=[{"section": "All", "fields": ["order_no", "customer"]}],
        views=[
            {"key": "recent", "columns": ["order_no", "customer.tier"], "sort": ["-created_at"]}
        ],
        checks=[
            {"must": {"field": "paid", "op": "is", "value": True}, "message": "x", "at": "paid"}
        ],
    )
    assert found(form) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([{"key": "id", "type": "number"}], ("fields/0/key", "reserved-key")),
        ([{"key": "unit", "type": "unit"}], ("fields/0/key", "reserved-key")),
        (
            [{"key": "a", "type": "text"}, {"key": "a", "type": "text"}],
            ("fields/1/key", "duplicate-key"),
        ),
        (
            [{"key": "r", "type": "subform", "fields": [{"key": "parent", "type": "text"}]}],
            ("fields/0/fields/0/key", "reserved-key"),
        ),
        (
            [{"key": "r", "type": "subform", "fields": [{"key": "t", "type": "tags"}]}],
            ("fields/0/fields/0/type", "not-in-subform"),
        ),
        (
            [
                {
                    "key": "r",
                    "type": "subform",
                    "fields": [{"key": "t", "type": "text", "unique": True}],
                }
            ],
            ("fields/0/fields/0/unique", "cannot-be-unique"),
        ),
        (
            [{"key": "c", "type": "choice", "options": [{"value": "a"}, {"value": "a"}]}],
            ("fields/0/options/1/value", "duplicate-option"),
        ),
        (
            [{"key": "n", "type": "number", "default": "many"}],
            ("fields/0/default", "not-a-number"),
        ),
        (
            [{"key": "f", "type": "formula", "formula": "1", "result": "number", "default": 1}],
            ("fields/0/default", "default-not-possible"),
        ),
        (
            [{"key": "b", "type": "boolean", "unique": True}],
            ("fields/0/unique", "cannot-be-unique"),
        ),
        ([{"key": "l", "type": "link", "to": "shops"}], ("fields/0/to", "unpublished-form")),
        (
            [{"key": "l", "type": "lookup", "path": "customer.name"}],
            ("fields/0/path", "unknown-field"),
        ),
        (
            [{"key": "s", "type": "rollup", "of": "items", "aggregate": "count"}],
            ("fields/0/of", "rollup-of-no-rows"),
        ),
        (
            [{"key": "n", "type": "number", "min": 5, "max": 1}],
            ("fields/0/max", "max-below-min"),
        ),
    ],
)
def test_a_field_that_cannot_work_is_named_with_its_place(
    fields: list[dict[str, Any]], problem: tuple[str, str]
) -> None:
    assert found(form_of(fields)) == [problem]


NAME = {"key": "name", "type": "text"}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"title": "{nmae}"}, ("title", "unknown-field")),
        ({"title": "{name.first}"}, ("title", "unknown-field")),
        ({"person": {"mobile": "phone"}}, ("person/mobile", "unknown-field")),
        ({"person": {"birthday": "name"}}, ("person/birthday", "person-field-type")),
        ({"layout": [{"fields": ["gone"]}]}, ("layout/0/fields/0", "unknown-field")),
        (
            {"layout": [{"fields": ["name"]}, {"fields": ["name"]}]},
            ("layout/1/fields/0", "placed-twice"),
        ),
        ({"views": [{"key": "v", "columns": ["gone"]}]}, ("views/0/columns/0", "unknown-field")),
        ({"views": [{"key": "v", "sort": ["-gone"]}]}, ("views/0/sort/0", "unknown-field")),
        ({"views": [{"key": "v"}, {"key": "v"}]}, ("views/1/key", "duplicate-key")),
        (
            {"checks": [{"must": {}, "message": "x", "at": "gone"}]},
            ("checks/0/at", "unknown-field"),
        ),
        ({"key": "sys_orders"}, ("key", "reserved-form-key")),
    ],
)
def test_a_form_that_names_what_is_not_there_is_told_so(
    more: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert found(form_of([NAME], **more)) == [problem]


def test_all_problems_come_together() -> None:
    form = form_of(
        [NAME, {"key": "name", "type": "boolean", "unique": True}],
        title="{x}",
        person={"name": "y"},
    )
    assert found(form) == [
        ("fields/1/key", "duplicate-key"),
        ("title", "unknown-field"),
        ("person/name", "unknown-field"),
        ("fields/1/unique", "cannot-be-unique"),
    ]


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("customer.tier", True),
        ("customer.created_at", True),
        ("customer.store.id", True),
        ("created_by.id", True),
        ("customer.tier.x", False),
        ("customer.gone", False),
    ],
)
def test_a_path_is_followed_through_links(path: str, leads: bool) -> None:
    form = form_of([{"key": "customer", "type": "link", "to": "customers"}])
    assert has_path(form, path, FORMS) is leads


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    problems = fixed_checks(form_of([{"key": "f", **before}]), form_of([{"key": "f", **after}]))
    return [(problem.path, problem.code) for problem in problems]


ROW = {"key": "price", "type": "money"}


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ({"type": "text"}, {"type": "number"}, ("fields/0/type", "field-type-fixed")),
        (
            {"type": "number"},
            {"type": "number", "decimals": 2},
            ("fields/0/decimals", "setting-fixed"),
        ),
        (
            {"type": "money", "currency": "CNY"},
            {"type": "money", "currency": "JPY"},
            ("fields/0/decimals", "setting-fixed"),
        ),
        (
            {"type": "link", "to": "a"},
            {"type": "link", "to": "b"},
            ("fields/0/to", "setting-fixed"),
        ),
        (
            {"type": "text", "case": "exact"},
            {"type": "text"},
            ("fields/0/case", "setting-fixed"),
        ),
        (
            {"type": "subform", "fields": [ROW]},
            {"type": "subform", "fields": [{**ROW, "decimals": 4}]},
            ("fields/0/fields/0/decimals", "setting-fixed"),
        ),
    ],
)
def test_what_is_stored_keeps_its_shape(
    before: dict[str, Any], after: dict[str, Any], problem: tuple[str, str]
) -> None:
    assert changed(before, after) == [problem]


def test_words_and_limits_may_change_at_any_time() -> None:
    before = {"type": "number", "label": "A", "min": 1}
    assert changed(before, {"type": "number", "label": "B", "max": 9, "required": True}) == []


def test_a_live_formula_may_change_its_places() -> None:
    formula = {"type": "formula", "formula": "1", "result": "number"}
    assert changed(formula, {**formula, "decimals": 2}) == []


def test_the_published_version_is_what_a_new_one_is_held_against() -> None:
    before, after = form_of([NAME]), form_of([{"key": "name", "type": "number"}])
    now = Snapshot(1, {("form", "orders"): Published("form", "orders", 1, {}, before)})
    later = now.overlaid([Published("form", "orders", 2, {}, after)])
    codes = [problem.code for problem in form_checks(after, later)]
    assert codes == ["field-type-fixed"]
