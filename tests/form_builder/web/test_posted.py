from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.web import row_steps
from regulars.form_builder.web.posted import (
    answers_from_post,
    answers_from_values,
    first_answers,
    values_of,
)

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))
FORM = FormDefinition.from_json(
    {
        "key": "orders",
        "label": "Orders",
        "fields": [
            {"key": "name", "type": "text"},
            {"key": "amount", "type": "money", "default": "5"},
            {"key": "paid", "type": "boolean"},
            {"key": "day", "type": "date", "default": {"formula": "TODAY()"}},
            {"key": "at", "type": "datetime"},
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "tags", "type": "tags", "free": True,
             "options": [{"value": "vip", "label": "Very important"}]},
            {"key": "items", "type": "subform", "fields": [
                {"key": "product", "type": "link", "to": "products"},
                {"key": "quantity", "type": "number"},
                {"key": "gift", "type": "boolean"},
                {"key": "total", "type": "formula", "formula": "1", "result": "number"},
            ]},
            {"key": "number", "type": "serial"},
        ],
    }
)  # fmt: skip


def posted(*pairs: tuple[str, str]) -> Any:
    return answers_from_post(FORM, MultiDict(pairs))


def values(*pairs: tuple[str, str], before: Any = None) -> dict[str, Any]:
    return values_of(FORM, posted(*pairs), READING, before)


def test_what_was_not_on_the_page_is_no_answer() -> None:
    assert posted(("name", "Ann"), ("number", "7"), ("stranger", "x")) == {"name": "Ann"}


def test_inputs_become_values() -> None:
    given = values(("name", "Ann"), ("paid", "true"), ("customer", "12"), ("amount", "1,200"))
    assert given == {"name": "Ann", "paid": True, "customer": 12, "amount": "1,200"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("", None)])
def test_yes_no_and_not_said_are_three_answers(text: str, value: bool | None) -> None:
    assert values(("paid", text)) == {"paid": value}


def test_an_empty_input_leaves_a_computed_default_to_compute() -> None:
    assert values(("day", ""), ("amount", "")) == {"amount": ""}


def test_ticked_and_typed_tags_are_one_list() -> None:
    given = values(
        ("tags~here", "1"), ("tags", "tea"), ("tags", "vip"), ("tags~more", "milk，Very Important")
    )
    assert sorted(set(given["tags"])) == ["milk", "tea", "vip"]


def test_no_ticked_tag_means_none() -> None:
    assert values(("tags~here", "1")) == {"tags": []}
    assert values() == {}


def test_rows_come_in_the_order_of_the_page_and_empty_ones_are_dropped() -> None:
    given = values(
        ("items~here", "1"),
        ("items/n2/product", "3"), ("items/n2/quantity", "2"), ("items/n2/gift", ""),
        ("items/n3/product", ""), ("items/n3/quantity", " "),
        ("items/0/id", "41"), ("items/0/product", ""), ("items/0/quantity", "1,000"),
    )  # fmt: skip
    assert given["items"] == [
        {"product": 3, "quantity": Decimal(2), "gift": None},
        {"product": None, "quantity": Decimal(1000), "id": 41},
    ]


def test_what_cannot_be_read_in_a_row_stays_as_typed() -> None:
    given = values(("items~here", "1"), ("items/0/quantity", "many"))
    assert given == {"items": [{"quantity": "many"}]}


STORED = {
    "name": "Ann",
    "amount": Decimal("12.50"),
    "paid": False,
    "day": date(2026, 3, 1),
    "at": datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
    "customer": 12,
    "tags": frozenset({"vip", "tea"}),
    "items": [{"id": 4, "product": 3, "quantity": Decimal(2), "gift": None, "total": Decimal(9)}],
    "number": "SO1",
}


def test_a_stored_record_fills_its_inputs_in_the_shops_time() -> None:
    assert answers_from_values(FORM.fields, STORED, READING.zone) == {
        "name": "Ann", "amount": "12.50", "paid": "false", "day": "2026-03-01",
        "at": "2026-03-01T10:30", "customer": "12", "tags": ["tea", "vip"],
        "items": [{"id": "4", "product": "3", "quantity": "2", "gift": ""}],
    }  # fmt: skip


def test_seconds_are_kept_where_there_are_some() -> None:
    at = {"at": datetime(2026, 3, 1, 2, 30, 7, tzinfo=UTC)}
    assert answers_from_values(FORM.fields, at, READING.zone)["at"] == "2026-03-01T10:30:07"


def test_an_input_never_gets_microseconds_a_browser_would_drop_the_whole_moment() -> None:
    at = {"at": datetime(2026, 3, 1, 2, 30, 7, 670111, tzinfo=UTC)}
    assert answers_from_values(FORM.fields, at, READING.zone)["at"] == "2026-03-01T10:30:07"
    even = {"at": datetime(2026, 3, 1, 2, 30, 0, 670111, tzinfo=UTC)}
    assert answers_from_values(FORM.fields, even, READING.zone)["at"] == "2026-03-01T10:30"


def test_saving_what_nobody_touched_changes_nothing() -> None:
    before = answers_from_values(FORM.fields, STORED, READING.zone)
    assert values_of(FORM, before, READING, before) == {}
    changed = {**before, "name": "Bo", "day": ""}
    assert values_of(FORM, changed, READING, before) == {"name": "Bo", "day": ""}


def test_a_new_record_begins_with_its_plain_defaults() -> None:
    answers = first_answers(FORM, READING)
    assert (answers["amount"], answers["day"], answers["name"]) == ("5.00", "", "")


ROWS = {"items": [{"a": "1"}, {"a": "2"}, {"a": "3"}]}


@pytest.mark.parametrize(
    ("step", "order"),
    [
        ("add items", ["1", "2", "3", None]),
        ("up items 2", ["1", "3", "2"]),
        ("down items 0", ["2", "1", "3"]),
        ("up items 0", ["1", "2", "3"]),
        ("down items 2", ["1", "2", "3"]),
        ("remove items 1", ["1", "3"]),
        ("remove items 9", ["1", "2", "3"]),
        ("remove", ["1", "2", "3"]),
        ("", ["1", "2", "3"]),
    ],
)
def test_rows_move_without_a_script(step: str, order: list[str | None]) -> None:
    after = row_steps.after_step(ROWS, step)
    assert [row.get("a") for row in after["items"]] == order
    assert ROWS["items"] == [{"a": "1"}, {"a": "2"}, {"a": "3"}]
