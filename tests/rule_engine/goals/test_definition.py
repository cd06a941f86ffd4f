"""Filling the places of a goal."""

from typing import Any

import pytest

from regulars.rule_engine.goals.definition import filled, slots_of
from regulars.rule_engine.goals.kind import goal_problems
from regulars.rule_engine.goals.shelf import general_goals
from regulars.seed_templates.catalogue import shelf_goals


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("${days}", 30),
        ("in ${days} days: {${name}|you}", "in 30 days: {full_name|you}"),
        ({"n": "${days}", "gone": "${none}"}, {"n": 30}),
        ({"${name}": 1, "${none}": 2}, {"full_name": 1}),
        ({"where": {"$if": "none", "a": 1}, "b": {"$if": "name", "a": 1}}, {"b": {"a": 1}}),
        ([{"$unless": "name", "a": 1}, {"$unless": "none", "b": "${zero}"}], [{"b": 0}]),
        ({"a": None, "b": [True]}, {"a": None, "b": [True]}),
    ],
)
def test_places_are_filled_and_what_lacks_its_place_goes(raw: Any, made: Any) -> None:
    assert filled(raw, {"days": 30, "name": "full_name", "none": "", "zero": 0}) == made


def test_every_place_that_is_spoken_of_is_found() -> None:
    raw = {"a": [{"$if": "x"}, "${y} and ${z}"], "${k}": 1}
    assert dict(slots_of(raw)) == {"a/0/$if": "x", "a/1": "z", "${k}": "k"}


def test_the_goals_that_come_with_the_product_are_sound() -> None:
    assert len(general_goals()) == 3
    assert [goal_problems(raw) for raw in shelf_goals()] == [[]] * 6


def test_a_goal_that_speaks_of_unknown_places_is_refused_with_every_one() -> None:
    goal = {
        "kind": "goal", "key": "g", "label": "G",
        "places": [
            {"key": "field", "is": "field", "of": "form", "types": ["date"], "label": "?"},
            {"key": "form", "is": "form", "label": "?"},
            {"key": "form", "is": "form", "label": "?"},
        ],
        "rule": {"class": "journey", "subject": "${form}", "when": {"field": "${gone}"}},
    }  # fmt: skip
    found = [(problem.path, problem.code) for problem in goal_problems(goal)]
    assert found == [
        ("places/0/of", "no-such-place"),
        ("places/2/key", "duplicate-key"),
        ("rule/when/field", "no-such-place"),
    ]
    assert goal_problems({"kind": "goal"}) != []
    assert goal_problems(7) != []
