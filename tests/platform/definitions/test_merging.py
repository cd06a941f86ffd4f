"""Three-way merging: laws that hold for any document, and what people expect of forms."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.definitions.merging import ABSENT, Clash, changed_paths, merge, same

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
NAMED = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("abcdef")}, optional={"n": SCALARS}),
    unique_by=lambda each: each["key"],
    max_size=4,
)
WORDS = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)
JSON = st.recursive(
    SCALARS | NAMED | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["p", "q", "r"]), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["p", "q", "r", "s"]), JSON, max_size=4)


@given(JSON, JSON)
def test_what_both_did_alike_is_done_once(base: Any, both: Any) -> None:
    found = merge(base, both, both)
    assert same(found.value, both)
    assert not found.clashes


@given(JSON, JSON)
def test_what_only_one_did_is_what_happens(base: Any, one: Any) -> None:
    assert same(merge(base, base, one).value, one)
    assert same(merge(base, one, base).value, one)
    assert not merge(base, base, one).clashes
    assert not merge(base, one, base).clashes


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_changes_of_different_properties_meet_whoever_comes_first(
    base: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    mine = {**base, **{f"m{key}": value for key, value in one.items()}}
    theirs = {**base, **{f"t{key}": value for key, value in other.items()}}
    found, turned = merge(base, mine, theirs), merge(base, theirs, mine)
    assert not found.clashes
    assert same(found.value, turned.value)
    assert same(found.value, {**mine, **theirs})


@given(NAMED, NAMED, NAMED)
def test_lists_of_named_items_clash_at_the_same_places_from_both_sides(
    base: list[Any], one: list[Any], other: list[Any]
) -> None:
    found, turned = merge(base, one, other), merge(base, other, one)
    assert {c.path for c in found.clashes} == {c.path for c in turned.clashes}
    if not found.clashes:
        key = lambda each: each["key"]  # noqa: E731 - a sort key
        assert sorted(found.value, key=key) == sorted(turned.value, key=key)


@given(WORDS, WORDS, WORDS)
def test_a_word_goes_when_one_takes_it_away_and_comes_when_one_adds_it(
    base: list[str], one: list[str], other: list[str]
) -> None:
    found = merge(base, one, other).value
    assert len(found) == len(set(found))
    gone = {word for word in base if word not in one or word not in other}
    assert set(found) == {*one, *other} - gone


def test_what_two_people_add_at_one_spot_stands_in_one_order() -> None:
    base = ["x", "y"]
    assert merge(base, ["x", "b", "y"], ["x", "a", "y"]).value == ["x", "a", "b", "y"]
    assert merge(base, ["x", "a", "y"], ["x", "b", "y"]).value == ["x", "a", "b", "y"]


FORM = {
    "key": "visits",
    "label": "Visits",
    "fields": [
        {"key": "who", "type": "text"},
        {"key": "when", "type": "date", "required": True},
        {"key": "note", "type": "text"},
    ],
    "layout": [{"section": "A", "fields": ["who", "when"]}, {"fields": ["note"]}],
}


def form(**changes: Any) -> dict[str, Any]:
    return {**FORM, **changes}


def field(key: str, **changes: Any) -> dict[str, Any]:
    known = next((each for each in FORM["fields"] if each["key"] == key), {})
    return {**known, "key": key, **changes}


def test_two_people_change_different_settings_of_one_field() -> None:
    mine = form(fields=[field("who", label="Guest"), field("when"), field("note")])
    theirs = form(fields=[field("who", required=True), field("when"), field("note")])
    found = merge(FORM, mine, theirs)
    assert not found.clashes
    assert found.value["fields"][0] == {
        "key": "who", "type": "text", "label": "Guest", "required": True,
    }  # fmt: skip


def test_a_field_added_by_one_and_moved_fields_of_the_other_both_stay() -> None:
    fresh = field("visits_before", type="number")
    mine = form(fields=[field("who"), fresh, field("when"), field("note")])
    theirs = form(fields=[field("note"), field("who"), field("when")])
    keys = [each["key"] for each in merge(FORM, mine, theirs).value["fields"]]
    assert keys == ["note", "who", "visits_before", "when"]


def test_one_renames_what_the_other_renames_differently() -> None:
    found = merge(FORM, form(label="Calls"), form(label="Stays"))
    assert found.clashes == (Clash("label", "Visits", "Calls", "Stays"),)
    assert found.value["label"] == "Calls"


def test_one_takes_away_what_the_other_changes() -> None:
    mine = form(fields=[field("who"), field("note")])
    theirs = form(fields=[field("who"), field("when", label="Day"), field("note")])
    (clash,) = merge(FORM, mine, theirs).clashes
    assert clash.path == "fields/when"
    assert clash.mine is ABSENT
    assert clash.theirs["label"] == "Day"


def test_sections_are_merged_where_they_stand() -> None:
    mine = form(layout=[{"section": "A", "fields": ["when", "who"]}, {"fields": ["note"]}])
    theirs = form(layout=[{"section": "B", "fields": ["who", "when"]}, {"fields": ["note"]}])
    found = merge(FORM, mine, theirs)
    assert not found.clashes
    assert found.value["layout"][0] == {"section": "B", "fields": ["when", "who"]}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(True, 1, False), (1, 1, True), (ABSENT, None, False), (ABSENT, ABSENT, True)],
)
def test_values_are_compared_as_json(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal


def test_what_differs_is_named_as_deep_as_it_can_be() -> None:
    after = form(
        label="Calls",
        fields=[field("who", label="Guest"), field("note"), field("extra", type="text")],
    )
    assert changed_paths(FORM, after) == [
        "label", "fields/who/label", "fields/when", "fields/extra",
    ]  # fmt: skip
    assert changed_paths(FORM, FORM) == []
