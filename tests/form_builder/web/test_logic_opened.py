"""Opening a row of a condition and saving it as it is loses nothing of it."""

from typing import Any

import pytest

from regulars.form_builder.web.logic_opened import row_open
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.tree import Formula

KEPT = [
    {"not": {"field": "tier", "op": "is", "value": "gold"}},
    {"aggregate": "count", "of": "orders", "op": "gt", "value": 3},
    {"aggregate": "count", "of": "orders", "within": {"last": 30, "unit": "day"},
     "on": "paid_at", "op": "is", "value": 0},
    {"field": "paid_at", "op": "within", "value": {"last": 2, "unit": "month"}},
    {"field": "paid_at", "op": "older_than", "value": {"n": 3, "unit": "week"}},
    {"field": "points", "op": "gt", "value": {"field": "visits"}},
    {"consent": {"purpose": "marketing", "channel": "sms"}},
]  # fmt: skip
PLAIN = [
    ({"field": "tier", "op": "is", "value": "gold"}, ["gold"]),
    ({"field": "tier", "op": "in", "value": ["gold", "silver"]}, ["gold", "silver"]),
    ({"field": "active", "op": "is", "value": True}, ["true"]),
    ({"field": "tier", "op": "is_empty"}, []),
    ({"field": "paid_at", "op": "within", "value": {"last": 30, "unit": "day"}}, ["30"]),
    ({"field": "paid_at", "op": "within", "value": {"calendar": "this_month"}}, ["this_month"]),
    ({"field": "paid_at", "op": "older_than", "value": {"n": 30, "unit": "day"}}, ["30"]),
]


@pytest.mark.parametrize("leaf", KEPT)
def test_what_inputs_cannot_hold_opens_as_the_formula_that_means_it(leaf: dict[str, Any]) -> None:
    shown = row_open(leaf)
    assert shown["way"] == "formula"
    saved, problems = parse_condition({"formula": shown["formula"]})
    assert isinstance(saved, Formula)
    assert (saved.body, problems) == parse_condition(leaf)


@pytest.mark.parametrize(("leaf", "held"), PLAIN)
def test_a_plain_row_opens_in_inputs(leaf: dict[str, Any], held: list[str]) -> None:
    assert row_open(leaf) == {"f": leaf["field"], "op": leaf["op"], "held": held}


def test_a_new_row_is_empty() -> None:
    assert row_open({}) == {}
