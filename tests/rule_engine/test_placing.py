"""Conditions grow and shrink at any depth, and never end up in a shape nobody can read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.expressions.condition import parse_condition
from regulars.rule_engine import placing
from regulars.rule_engine.placing import NoSuchPlace

A: dict[str, Any] = {"field": "a", "op": "is_empty"}
B: dict[str, Any] = {"field": "b", "op": "is_empty"}
C: dict[str, Any] = {"field": "c", "op": "is_empty"}


def when(condition: Any) -> dict[str, Any]:
    return {"key": "x"} if condition is None else {"key": "x", "when": condition}


@pytest.mark.parametrize(
    ("before", "place", "match", "after"),
    [
        (None, "when", "all", A),
        (B, "when", "all", {"all": [B, A]}),
        ({"any": [B, C]}, "when", "all", {"any": [B, C, A]}),  # the root keeps how it joins
        ({"all": [B, C]}, "when/all/1", "any", {"all": [B, {"any": [C, A]}]}),
        ({"all": [B, {"any": [C, B]}]}, "when/all/1", "any", {"all": [B, {"any": [C, B, A]}]}),
        ({"not": B}, "when", "all", {"all": [{"not": B}, A]}),
    ],
)
def test_a_row_joins(before: Any, place: str, match: str, after: Any) -> None:
    raw = when(before)
    assert placing.join(raw, place, A, match) == when(after)
    assert raw == when(before)


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        (A, "when", None),
        ({"all": [A, B]}, "when/all/0", B),
        ({"all": [A, B, C]}, "when/all/1", {"all": [A, C]}),
        ({"all": [A, {"any": [B, C]}]}, "when/all/1/any/0", {"all": [A, C]}),
        ({"all": [A, {"not": B}]}, "when/all/1/not", A),
        ({"not": A}, "when/not", None),
    ],
)
def test_a_row_goes(before: Any, place: str, after: Any) -> None:
    assert placing.drop(when(before), place) == when(after)


def test_a_group_turns_and_a_row_becomes_its_opposite() -> None:
    raw = when({"all": [A, B]})
    assert placing.turn(raw, "when", "any") == when({"any": [A, B]})
    opposite = placing.negate(raw, "when/all/0")
    assert opposite == when({"all": [{"not": A}, B]})
    assert placing.negate(opposite, "when/all/0") == raw


@pytest.mark.parametrize("place", ["when/all/9", "when/x", "steps/0/when", "label"])
def test_a_place_that_is_gone_is_said_so(place: str) -> None:
    with pytest.raises(NoSuchPlace):
        placing.drop(when({"all": [A, B]}), place)


def places_in(node: Any, place: str) -> list[str]:
    found = [place]
    match = placing.match_of(node)
    for n, each in enumerate(node[match] if match else ()):
        found += places_in(each, f"{place}/{match}/{n}")
    return found + (places_in(node["not"], f"{place}/not") if set(node) == {"not"} else [])


@given(st.data())
def test_any_sequence_of_edits_can_be_read(data: st.DataObject) -> None:
    raw = when(None)
    for _ in range(data.draw(st.integers(1, 15))):
        known = places_in(raw["when"], "when") if "when" in raw else ["when"]
        place = data.draw(st.sampled_from(known))
        edit = data.draw(st.sampled_from(["all", "any", "drop", "negate"]))
        if edit in ("all", "any"):
            raw = placing.join(raw, place, data.draw(st.sampled_from([A, B, C])), edit)
        elif "when" in raw:
            raw = placing.drop(raw, place) if edit == "drop" else placing.negate(raw, place)
    assert parse_condition(raw.get("when"))[1] == []
