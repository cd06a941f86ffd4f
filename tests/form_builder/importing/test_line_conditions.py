"""Which lines a target takes."""

from typing import Any

import pytest

from regulars.form_builder.importing.line_conditions import (
    compile_where,
    where_columns,
    where_problems,
)

COLUMNS = ("no", "n", "when")
LINE = ("C536379", "-6", "9/12/2011 12:50")


def leaf(column: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if value is None else {"value": value}
    return {"column": column, "op": op, **given, **more}


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        (None, True),
        (leaf("no", "starts_with", "c"), True),
        (leaf("no", "starts_with", "c", case="exact"), False),
        (leaf("no", "not_starts_with", "C"), False),
        (leaf("no", "ends_with", "379"), True),
        (leaf("no", "not_ends_with", "379"), False),
        (leaf("no", "contains", "5363"), True),
        (leaf("no", "not_contains", "x"), True),
        (leaf("no", "is", "c536379"), True),
        (leaf("no", "is_not", "x"), True),
        (leaf("no", "in", ["x", "C536379"]), True),
        (leaf("no", "not_in", ["x"]), True),
        (leaf("no", "is_empty"), False),
        (leaf("no", "is_not_empty"), True),
        (leaf("n", "lt", 0), True),
        (leaf("n", "gte", "-6"), True),
        (leaf("n", "gt", -6), False),
        (leaf("n", "lte", -6.5), False),
        (leaf("n", "is", -6), True),
        (leaf("n", "in", [1, -6]), True),
        (leaf("no", "gt", 0), False),
        (leaf("when", "before", "2011-12-10", parse="dmy"), True),
        (leaf("when", "on_or_before", "2011-12-09", parse="dmy"), True),
        (leaf("when", "after", "2011-12-09", parse="dmy"), False),
        (leaf("when", "after", "2011-12-09T12:00:00", parse="dmy"), True),
        (leaf("no", "before", "2011-12-10"), False),
        ({"not": leaf("n", "gt", 0)}, True),
        ({"all": [leaf("n", "lt", 0), leaf("no", "is", "x")]}, False),
        ({"all": [leaf("n", "lt", 0), {"any": [leaf("no", "is_not_empty")]}]}, True),
        ({"any": [leaf("n", "gt", 0), leaf("no", "starts_with", "C")]}, True),
        ({"all": []}, True),
        ({"any": []}, False),
    ],
)
def test_a_condition_is_met_or_not(where: Any, answer: bool) -> None:
    assert where_problems(where, COLUMNS) == []
    assert bool(compile_where(where, COLUMNS)(LINE)) is answer


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("is", "1"),
        ("is_not", "1"),
        ("in", ["1"]),
        ("not_in", ["1"]),
        ("contains", "1"),
        ("not_contains", "1"),
        ("gt", "1"),
        ("before", "2011-01-01"),
    ],
)
def test_a_leaf_on_an_empty_cell_is_false(op: str, value: Any) -> None:
    where = leaf("no", op, value)
    assert compile_where(where, COLUMNS)(("  ", "", "")) is False
    assert compile_where({"not": where}, COLUMNS)(("", "", "")) is True


@pytest.mark.parametrize(
    ("where", "path", "code"),
    [
        ({}, "where", "condition-one-kind"),
        ({"all": [], "any": []}, "where", "condition-one-kind"),
        ({"not": {"column": "x", "op": "is_empty"}}, "where/not/column", "column-not-in-file"),
        ({"all": [{"column": "no"}]}, "where/all/0/op", "required"),
        ({"any": [{"column": "no", "op": "is"}]}, "where/any/0/value", "required"),
        (leaf("n", "gt", "much"), "where/value", "not-a-number"),
        (leaf("when", "after", "soon"), "where/value", "not-a-date"),
        (leaf("no", "in", "x"), "where/value", "shape-type"),
    ],
)
def test_mistakes_are_named_with_their_place(where: Any, path: str, code: str) -> None:
    assert [(p.path, p.code) for p in where_problems(where, COLUMNS)] == [(path, code)]


def test_the_columns_of_a_condition_are_known() -> None:
    where = {"all": [leaf("a", "is_empty"), {"not": {"any": [leaf("b", "is_empty")]}}]}
    assert list(where_columns(where)) == ["a", "b"]
