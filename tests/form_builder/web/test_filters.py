from typing import Any

import pytest

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.web import filters
from regulars.form_builder.web.filters import MissingValue, Typed
from regulars.platform.expressions.condition import parse_condition


def field(type_name: str, **settings: Any) -> FieldDefinition:
    return FieldDefinition("f", type_name, settings=settings)


TIER = field("choice", options=[{"value": "gold"}, {"value": "basic"}])


@pytest.mark.parametrize(
    ("of", "op", "values", "value"),
    [
        (field("text"), "contains", ["ann"], "ann"),
        (field("phone"), "is", ["138 0013 8000"], "+8613800138000"),
        (field("phone"), "contains", ["8000"], "8000"),
        (field("number"), "gt", ["5"], "5"),
        (field("number"), "between", ["5", "9"], ["5", "9"]),
        (field("boolean"), "is", ["false"], False),
        (TIER, "is", ["gold"], "gold"),
        (TIER, "in", ["gold", "basic"], ["gold", "basic"]),
        (field("tags"), "has_any", ["a", "b"], ["a", "b"]),
        (field("link", to="x"), "is", ["12"], 12),
        (field("date"), "before", ["2026-03-01"], "2026-03-01"),
        (field("date"), "within", ["30"], {"last": 30, "unit": "day"}),
        (field("datetime"), "within", ["this_month"], {"calendar": "this_month"}),
        (field("date"), "older_than", ["90"], {"n": 90, "unit": "day"}),
    ],
)
def test_a_typed_row_becomes_a_condition(
    of: FieldDefinition, op: str, values: list[str], value: Any
) -> None:
    leaf = filters.leaf_of(Typed("f", op, values), of)
    assert leaf == {"field": "f", "op": op, "value": value}
    assert parse_condition(leaf)[1] == []


@pytest.mark.parametrize("op", ["is_empty", "is_not_empty"])
def test_an_operator_without_a_value_needs_none(op: str) -> None:
    assert filters.leaf_of(Typed("f", op, ["x"]), field("text")) == {"field": "f", "op": op}


@pytest.mark.parametrize(
    ("of", "op", "values"),
    [
        (field("text"), "is", [" "]),
        (field("number"), "between", ["5"]),
        (field("date"), "older_than", ["long"]),
        (TIER, "in", []),
    ],
)
def test_a_row_without_its_value_is_not_finished(
    of: FieldDefinition, op: str, values: list[str]
) -> None:
    with pytest.raises(MissingValue):
        filters.leaf_of(Typed("f", op, values), of)


A, B = {"field": "a", "op": "is_empty"}, {"field": "b", "op": "is_empty"}


def test_rows_are_the_parts_that_must_all_hold() -> None:
    assert filters.leaves_of(None) == []
    assert filters.leaves_of({"all": [A, B]}) == [A, B]
    assert filters.leaves_of({"any": [A, B]}) == [{"any": [A, B]}]
    assert filters.joined([]) is None
    assert filters.both({"any": [A, B]}, {"all": [A]}) == {"all": [{"any": [A, B]}, A]}


@pytest.mark.parametrize(
    "condition", [None, {"all": [A]}, {"field": "名", "op": "is", "value": "&?"}]
)
def test_a_condition_survives_its_address(condition: Any) -> None:
    assert filters.from_address(filters.to_address(condition)) == condition


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "{}", "[" * 5000])
def test_an_address_that_is_no_condition_is_left_out(text: str) -> None:
    assert filters.from_address(text) is None


@pytest.mark.parametrize("type_name", ["related", "subform"])
def test_fields_that_hold_many_records_are_not_filtered_by(type_name: str) -> None:
    settings = {"from": "x", "via": "y"} if type_name == "related" else {}
    assert filters.offered_ops(field(type_name, **settings)) == ()
