"""Condition JSON: every shape, all problems at once, and the way back."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.condition_writer import condition_json
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import (
    AllOf,
    Compare,
    Consent,
    Formula,
    Literal,
    Many,
    Node,
    Path,
    Span,
    Window,
    walk,
)
from tests.platform.expressions.test_agreement import examples
from tests.support.expression_trees import conditions

STABLE: list[dict[str, Any]] = [
    {"all": []},
    {"any": [{"field": "vip", "op": "is", "value": True}]},
    {"not": {"field": "name", "op": "is_empty"}},
    {"field": "customer.tier", "op": "in", "value": ["gold", "silver"]},
    {"field": "points", "op": "between", "value": [1, 5]},
    {"field": "balance", "op": "gte", "value": "19.99"},
    {"field": "paid_at", "op": "before", "value": {"relative": {"n": -30, "unit": "day"}}},
    {"field": "paid_at", "op": "within", "value": {"last": 30, "unit": "day"}},
    {"field": "paid_at", "op": "within", "value": {"next": 7, "unit": "week"}},
    {"field": "paid_at", "op": "within", "value": {"calendar": "last_month"}},
    {"field": "due", "op": "within", "value": {"from": "2024-01-01", "to": {"field": "paid_at"}}},
    {"field": "due", "op": "older_than", "value": {"n": 30, "unit": "day"}, "if_none": True},
    {"field": "points", "op": "gt", "value": {"formula": "rate * 100"}},
    {"field": "points", "op": "gt", "value": {"field": "rate"}},
    {"field": "tags", "op": "has_any", "value": ["vip", "new"]},
    {"aggregate": "count", "of": "orders", "op": "is", "value": 0},
    {
        "aggregate": "count",
        "of": "orders",
        "where": {"field": "status", "op": "is", "value": "paid"},
        "within": {"last": 30, "unit": "day"},
        "on": "paid_at",
        "op": "gte",
        "value": 4,
    },
    {
        "aggregate": "last",
        "of": "orders",
        "field": "paid_at",
        "op": "older_than",
        "value": {"n": 30, "unit": "day"},
        "if_none": True,
    },
    {
        "aggregate": "sum",
        "of": "orders.items",
        "field": {"formula": "quantity * price"},
        "op": "gt",
        "value": 5,
    },
    {"aggregate": "last", "of": "orders", "field": "amount", "by": "due", "op": "gt", "value": 5},
    {"consent": {"purpose": "marketing", "channel": "sms"}, "op": "is", "value": True},
    {
        "consent": {"purpose": "marketing", "channel": "sms", "of": "customer"},
        "op": "is",
        "value": False,
    },
    {"formula": "points >= 5 AND DAYS_SINCE(joined) > 30"},
    {"all": [{"any": [{"not": {"formula": "vip"}}]}, {"field": "name", "op": "is", "value": "x"}]},
]
PROBLEMS: list[tuple[Any, list[tuple[str, str]]]] = [
    ([], [("", "not-a-condition")]),
    ("points > 3", [("", "not-a-condition")]),
    ({"feild": "x"}, [("", "not-a-condition")]),
    ({"all": {}}, [("all", "not-a-list-of-conditions")]),
    ({"all": [3, {"not": 4}]}, [("all/0", "not-a-condition"), ("all/1/not", "not-a-condition")]),
    ({"field": "x"}, [("op", "required")]),
    ({"field": "x", "op": "like", "value": 1}, [("op", "unknown-op")]),
    ({"field": "x", "op": "is"}, [("value", "value-needed")]),
    ({"field": "x", "op": "is", "value": None}, [("value", "value-needed")]),
    ({"field": "x", "op": "is_empty", "value": 3}, [("value", "op-takes-no-value")]),
    ({"field": "x", "op": "is", "value": 1, "oops": 2}, [("oops", "unknown-key")]),
    ({"field": "X Y", "op": "is_empty"}, [("field", "not-a-field-path")]),
    ({"field": 7, "op": "is_empty"}, [("field", "not-a-field-path")]),
    ({"field": "x", "op": "is", "value": [1]}, [("value", "bad-literal")]),
    ({"field": "x", "op": "is", "value": float("nan")}, [("value", "bad-literal")]),
    ({"field": "x", "op": "is", "value": "x" * 1001}, [("value", "text-too-long")]),
    ({"field": "x", "op": "is", "value": "a\ud800"}, [("value", "bad-characters")]),
    ({"field": "x", "op": "is", "value": {"sql": 1, "x": 2}}, [("value", "unknown-value-shape")]),
    (
        {"field": "x", "op": "is", "value": {"formula": "1 +"}},
        [("value/formula", "formula-unfinished")],
    ),
    ({"field": "x", "op": "between", "value": [1]}, [("value", "between-needs-two")]),
    ({"field": "x", "op": "within", "value": {"last": -1}}, [("value", "bad-period")]),
    (
        {"field": "x", "op": "within", "value": {"last": 1, "unit": "days"}},
        [("value/unit", "unknown-unit")],
    ),
    ({"field": "x", "op": "within", "value": {"calendar": "soon"}}, [("value", "not-a-window")]),
    ({"field": "x", "op": "older_than", "value": 30}, [("value", "not-a-span")]),
    ({"field": "x", "op": "gt", "value": 1, "if_none": "yes"}, [("if_none", "not-yes-or-no")]),
    (
        {"aggregate": "median", "of": "orders", "op": "gt", "value": 1},
        [("aggregate", "unknown-aggregate")],
    ),
    ({"aggregate": "count", "op": "gt", "value": 1}, [("of", "required")]),
    (
        {"aggregate": "count", "of": "orders", "within": {"last": 1}, "op": "gt", "value": 1},
        [("on", "window-needs-date")],
    ),
    (
        {"aggregate": "count", "of": "orders", "where": {"any": [{}, 1]}, "op": "gt", "value": 1},
        [("where/any/0", "not-a-condition"), ("where/any/1", "not-a-condition")],
    ),
    ({"consent": {"purpose": "marketing"}}, [("consent", "not-a-consent")]),
    ({"consent": "sms"}, [("consent", "not-a-consent")]),
    ({"formula": 3}, [("formula", "not-a-formula")]),
    ({"formula": "NOPE(1)"}, [("formula", "unknown-function")]),
]


def read(raw: Any) -> Node:
    tree, problems = parse_condition(raw)
    assert problems == []
    return tree


@pytest.mark.parametrize("raw", STABLE)
def test_json_comes_back_as_it_was(raw: dict[str, Any]) -> None:
    assert condition_json(read(raw)) == raw


@pytest.mark.parametrize(("raw", "expected"), PROBLEMS)
def test_every_problem_has_its_place(raw: Any, expected: list[tuple[str, str]]) -> None:
    _, problems = parse_condition(raw)
    assert [(problem.path, problem.code) for problem in problems] == expected
    assert all(problem.message("en") and problem.message("zh-Hans") for problem in problems)


def test_all_problems_come_together() -> None:
    broken = [raw for raw, expected in PROBLEMS if len(expected) == 1]
    _, problems = parse_condition({"all": broken})
    assert len(problems) == len(broken)
    assert len({problem.path.split("/")[1] for problem in problems}) == len(broken)


def test_nothing_at_all_always_holds() -> None:
    assert read(None) == read({}) == AllOf(())


def test_numbers_may_be_json_numbers_or_text() -> None:
    assert read({"field": "x", "op": "is", "value": 12.5}).right == Literal(Decimal("12.5"))  # type: ignore[attr-defined]
    assert read({"field": "x", "op": "is", "value": Decimal("5.00")}).right == Literal(Decimal(5))  # type: ignore[attr-defined]


def test_each_shape_becomes_its_node() -> None:
    assert read(STABLE[4]) == Compare(
        "between", Path(("points",)), Many((Literal(Decimal(1)), Literal(Decimal(5))))
    )
    assert read(STABLE[7]) == Compare("within", Path(("paid_at",)), Window("last", 30, "day"))
    assert read(STABLE[11]) == Compare("older_than", Path(("due",)), Span(30, "day"), if_none=True)
    assert read(STABLE[20]) == Compare("is", Consent("marketing", "sms"), Literal(True))
    assert read(STABLE[22]) == Formula(parse_formula("points >= 5 AND DAYS_SINCE(joined) > 30"))


def test_a_leaf_knows_its_place() -> None:
    tree = read({"all": [{"any": [{"field": "name", "op": "is", "value": "x"}]}]})
    assert {node.place for node in walk(tree)} >= {"all/0", "all/0/any/0", "all/0/any/0/value"}


def test_conditions_nest_to_a_limit() -> None:
    raw: dict[str, Any] = {"field": "name", "op": "is_empty"}
    for _ in range(40):
        raw = {"not": raw}
    _, problems = parse_condition(raw)
    assert [problem.code for problem in problems] == ["condition-too-deep"]


def test_a_condition_may_not_be_huge() -> None:
    leaf = {"field": "name", "op": "is", "value": "x"}
    _, problems = parse_condition({"all": [leaf] * 400})
    assert [problem.code for problem in problems] == ["condition-too-large"]


@examples(80)
@given(tree=conditions("customers", 2))
def test_any_tree_can_be_written_as_json_and_read_again(tree: Node) -> None:
    raw = condition_json(tree)
    again = condition_json(read(raw))
    assert condition_json(read(again)) == again


def test_the_way_through_json_does_not_change_the_meaning(shop_shapes: Shapes) -> None:
    @examples(80)
    @given(tree=conditions("customers", 2))
    def unchanged(tree: Node) -> None:
        typed, problems = check(tree, shop_shapes, "customers")
        if problems:
            return
        again, problems = check(read(condition_json(typed)), shop_shapes, "customers")
        assert problems == []
        once_more, _ = check(read(condition_json(again)), shop_shapes, "customers")
        assert once_more == again
        assert condition_json(again) == condition_json(once_more)

    unchanged()
