from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.edits import StepRefused
from regulars.form_builder.logic import grouping

A, B, C, D = ({"field": name, "op": "is", "value": "1"} for name in "abcd")
NESTED = {"all": [A, {"any": [B, {"all": [C, D]}]}]}


def test_what_stands_at_a_place() -> None:
    assert grouping.find(NESTED, (0,)) == A
    assert grouping.find(NESTED, (1, 1, 0)) == C
    assert grouping.find(A, (0,)) == A
    for place in ((2,), (0, 0), (1, 1, 2), (1, 0, 0)):
        with pytest.raises(StepRefused):
            grouping.find(NESTED, place)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        (grouping.add(None, (), A), {"all": [A]}),
        (grouping.add(A, (), B), {"all": [A, B]}),
        (grouping.add(NESTED, (1, 1), A), {"all": [A, {"any": [B, {"all": [C, D, A]}]}]}),
        (grouping.add_group({"any": [A]}, (), B), {"any": [A, {"all": [B]}]}),
        (grouping.put(NESTED, (1, 1, 0), A), {"all": [A, {"any": [B, {"all": [A, D]}]}]}),
        (grouping.join(NESTED, (1,), "all"), {"all": [A, {"all": [B, {"all": [C, D]}]}]}),
        (grouping.drop(NESTED, (1,)), {"all": [A]}),
        (grouping.drop({"all": [A, {"any": [B]}]}, (1, 0)), {"all": [A]}),
        (grouping.drop({"all": [{"any": [B]}]}, (0, 0)), None),
    ],
)
def test_conditions_are_changed_place_by_place(changed: Any, wanted: Any) -> None:
    assert changed == wanted


@pytest.mark.parametrize(
    "text", ["x", "1.", ".1", "-1", "1..2", "1.2.3.4.5.6", "9999", "²", "1.+", " 1"]
)
def test_no_other_text_is_a_place(text: str) -> None:
    with pytest.raises(StepRefused):
        grouping.place_of(text)


def test_groups_end_where_a_page_cannot_show_them() -> None:
    when, place = grouping.add(None, (), A), ()
    while len(place) + 2 <= grouping.DEEPEST:
        when = grouping.add_group(when, place, B)
        place = (*place, len(grouping.group_of(grouping.find(when, place) or when)[1]) - 1)
    with pytest.raises(StepRefused):
        grouping.add_group(when, place, B)


ROWS = st.sampled_from([A, B, C, D])
TREES = st.recursive(
    ROWS, lambda inner: st.builds(
        lambda match, rows: {match: rows},
        st.sampled_from(grouping.MATCHES), st.lists(inner, min_size=1, max_size=3),
    ), max_leaves=12,
)  # fmt: skip


def places(when: Any, at: grouping.Place = ()) -> list[grouping.Place]:
    found = [at] if at else []
    if not at or grouping.match_of(when) is not None:
        for n, row in enumerate(grouping.group_of(when)[1]):
            found += places(row, (*at, n))
    return found


@given(TREES, st.data())
def test_a_row_that_was_put_stands_there_and_nothing_else_moved(when: Any, data: Any) -> None:
    everywhere = places(when)
    place = data.draw(st.sampled_from(everywhere))
    row = {"field": "new", "op": "is_empty"}
    changed = grouping.put(when, place, row)
    assert grouping.find(changed, place) == row
    others = [
        each for each in everywhere if each[: len(place)] != place and place[: len(each)] != each
    ]
    assert all(grouping.find(changed, each) == grouping.find(when, each) for each in others)
    gone = grouping.drop(changed, place)
    assert gone is None or row not in [grouping.find(gone, each) for each in places(gone)]
