"""Composer edits: any sequence gives a rule whose shape holds; places are found or named gone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.rule_engine import composing
from regulars.rule_engine.placing import NoSuchPlace
from regulars.rule_engine.schema import rule_problems
from regulars.wiring import wire

WAIT = {"do": "wait", "for": {"n": 1, "unit": "day"}}
SEND = {"do": "send_message", "message": "hello", "channel": "sms"}
BRANCH = {"do": "branch", "when": {"field": "tier", "op": "is", "value": "basic"}}
ROW = {"field": "tier", "op": "is", "value": "basic"}
OTHER = {"field": "name", "op": "is_not_empty"}


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    wire()


def journey(*steps: dict[str, Any]) -> dict[str, Any]:
    rule = composing.blank_rule("hello", "Hello", "journey", "customers")
    for step in steps:
        rule = composing.add_step(rule, "steps", step)
    return rule


def test_a_new_rule_has_a_sound_shape() -> None:
    assert rule_problems(journey()) == []


def test_steps_get_ids_of_their_own_and_keep_them() -> None:
    rule = journey(WAIT, SEND)
    assert [step["id"] for step in rule["steps"]] == ["s1", "s2"]
    rule = composing.change_step(rule, "steps/0", SEND)
    assert rule["steps"][0] == {**SEND, "id": "s1"}
    rule = composing.add_step(composing.remove_step(rule, "steps/0"), "steps", WAIT)
    assert [step["id"] for step in rule["steps"]] == ["s2", "s1"]


def test_a_branch_keeps_what_stands_below_it() -> None:
    rule = journey(BRANCH)
    rule = composing.add_step(rule, "steps/0/then", SEND)
    rule = composing.add_step(rule, "steps/0/else", WAIT)
    changed = composing.change_step(rule, "steps/0", {**BRANCH, "when": OTHER})
    assert changed["steps"][0]["when"] == OTHER
    assert changed["steps"][0]["then"][0]["do"] == "send_message"
    assert changed["steps"][0]["else"][0]["do"] == "wait"
    assert rule_problems(changed) == []


def test_moving_stops_at_the_edge() -> None:
    rule = journey(WAIT, SEND)
    moved = composing.move_step(rule, "steps/0", 1)
    assert [step["do"] for step in moved["steps"]] == ["send_message", "wait"]
    assert composing.move_step(rule, "steps/0", -1) == rule
    assert composing.move_step(rule, "steps/1", 1) == rule


@pytest.mark.parametrize(
    "place", ["steps/7", "steps/x", "steps/0/then/0", "when/0", "", "steps", "steps/0/for/n"]
)
def test_a_place_that_is_gone_is_said_so(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        composing.remove_step(journey(WAIT), place)


def test_the_original_is_never_touched() -> None:
    rule = journey(WAIT, BRANCH)
    before = repr(rule)
    composing.add_step(rule, "steps/1/then", SEND)
    composing.remove_step(rule, "steps/0")
    composing.with_part(rule, "when", ROW)
    assert repr(rule) == before


places = st.sampled_from(["steps", "steps/0/then", "steps/0/else", "steps/1/then", "steps/2/else"])
edits = st.one_of(
    st.tuples(st.just("add"), places, st.sampled_from([WAIT, SEND, BRANCH])),
    st.tuples(st.just("drop"), places, st.integers(0, 3)),
    st.tuples(st.just("up"), places, st.integers(0, 3)),
    st.tuples(st.just("down"), places, st.integers(0, 3)),
)


@given(st.lists(edits, max_size=25))
def test_any_sequence_of_edits_gives_a_sound_shape(sequence: list[tuple[str, str, Any]]) -> None:
    rule = journey()
    for action, place, what in sequence:
        try:
            if action == "add":
                if place != "steps" and composing.step_at(rule, place[:7])["do"] != "branch":
                    continue
                rule = composing.add_step(rule, place, what)
            elif action == "drop":
                rule = composing.remove_step(rule, f"{place}/{what}")
            else:
                rule = composing.move_step(rule, f"{place}/{what}", -1 if action == "up" else 1)
        except NoSuchPlace:
            continue
    assert rule_problems(rule) == []
    ids = [step["id"] for step in composing.every_step(rule["steps"])]
    assert len(ids) == len(set(ids))
