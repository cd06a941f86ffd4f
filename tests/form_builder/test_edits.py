import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.form_builder import edits
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.schema import form_problems

Step = Callable[[Form], Form]

ORDERS: dict[str, Any] = {
    "kind": "form",
    "key": "orders",
    "label": {"en": "Orders", "zh-Hans": "订单"},
    "person": {"name": "buyer", "mobile": "phone"},
    "fields": [
        {"key": "buyer", "type": "text", "label": "Buyer"},
        {"key": "phone", "type": "phone"},
        {
            "key": "items",
            "type": "subform",
            "fields": [{"key": "name", "type": "text"}, {"key": "price", "type": "money"}],
        },
        {"key": "note", "type": "long_text"},
    ],
    "layout": [
        {"section": "Who", "columns": 2, "fields": ["buyer", "phone"]},
        {"section": "What", "columns": 1, "fields": ["items"]},
    ],
    "views": [{"key": "all", "columns": ["buyer", "phone"], "sort": ["-phone"]}],
}


def keys_of(form: Form) -> list[str]:
    return [field["key"] for field in form["fields"]]


def places(form: Form) -> list[list[str]]:
    return [section["fields"] for section in form["layout"]]


def test_fields_without_a_place_follow_in_a_section_of_their_own() -> None:
    assert places(edits.spread(ORDERS)) == [["buyer", "phone"], ["items"], ["note"]]


def test_a_step_leaves_the_form_it_is_given_alone() -> None:
    before = copy.deepcopy(ORDERS)
    edits.remove_field(ORDERS, "buyer")
    edits.change_field(ORDERS, "items.price", {"required": True})
    assert before == ORDERS


def test_an_added_field_stands_where_it_was_dropped() -> None:
    after = edits.add_field(ORDERS, {"type": "date", "label": "生日"}, section=0, position=1)
    assert places(after)[0] == ["buyer", "sheng_ri", "phone"]
    assert keys_of(after)[:3] == ["buyer", "sheng_ri", "phone"]


def test_an_added_field_never_takes_a_key_of_the_system() -> None:
    after = edits.add_field(ORDERS, {"type": "text", "label": "ID"})
    assert keys_of(after)[-1] == "id_2"


def test_a_column_is_added_to_a_subform() -> None:
    after = edits.add_field(
        ORDERS, {"type": "number", "label": "Pieces"}, into="items", position=1
    )
    assert [c["key"] for c in edits.field_at(after, "items")["fields"]] == [
        "name", "pieces", "price",
    ]  # fmt: skip


def test_a_copy_stands_behind_its_original_with_a_key_of_its_own() -> None:
    after = edits.duplicate_field(ORDERS, "buyer", "Buyer (copy)")
    assert places(after)[0] == ["buyer", "buyer_2", "phone"]
    assert edits.field_at(after, "buyer_2")["label"] == "Buyer (copy)"


def test_a_removed_field_is_forgotten_everywhere() -> None:
    after = edits.remove_field(ORDERS, "phone")
    assert keys_of(after) == ["buyer", "items", "note"]
    assert places(after)[0] == ["buyer"]
    assert after["person"] == {"name": "buyer"}
    assert after["views"] == [{"key": "all", "columns": ["buyer"], "sort": []}]


def test_the_last_column_of_a_subform_stays() -> None:
    after = edits.remove_field(ORDERS, "items.name")
    with pytest.raises(StepRefused) as refused:
        edits.remove_field(after, "items.price")
    assert refused.value.code == "last-column"


def test_a_moved_field_is_counted_without_itself() -> None:
    after = edits.move_field(ORDERS, "buyer", 0, 1)
    assert places(after)[0] == ["phone", "buyer"]


def test_moving_down_over_the_border_enters_the_next_section_at_its_top() -> None:
    after = edits.shift_field(ORDERS, "phone", +1)
    assert places(after) == [["buyer"], ["phone", "items"], ["note"]]


def test_moving_up_over_the_border_enters_the_section_before_at_its_end() -> None:
    after = edits.shift_field(ORDERS, "items", -1)
    assert places(after) == [["buyer", "phone", "items"], [], ["note"]]


@pytest.mark.parametrize(("key", "by"), [("buyer", -1), ("note", +1), ("items.name", -1)])
def test_at_the_edge_nothing_moves(key: str, by: int) -> None:
    assert edits.shift_field(ORDERS, key, by) == edits.spread(ORDERS)


def test_settings_are_set_and_taken_away_but_the_key_stays() -> None:
    after = edits.change_field(ORDERS, "buyer", {"key": "x", "required": True, "label": None})
    assert edits.field_at(after, "buyer") == {"key": "buyer", "type": "text", "required": True}


@pytest.mark.parametrize(
    ("before", "words", "after"),
    [
        ("Buyer", "Käufer", "Käufer"),
        ({"en": "Buyer", "zh-Hans": "买家"}, "Customer", {"en": "Customer", "zh-Hans": "买家"}),
        ({"en": "Buyer", "zh-Hans": "买家"}, "", {"zh-Hans": "买家"}),
        ({"en": "Buyer"}, "", None),
        ("Buyer", "", None),
    ],
)
def test_a_label_is_changed_in_one_language(before: Any, words: str, after: Any) -> None:
    assert edits.reworded(before, words, "en") == after


def test_a_removed_section_hands_its_fields_to_its_neighbour() -> None:
    assert places(edits.remove_section(ORDERS, 1))[0] == ["buyer", "phone", "items"]
    assert places(edits.remove_section(ORDERS, 0))[0] == ["buyer", "phone", "items"]


def test_a_section_moves_with_its_fields() -> None:
    after = edits.shift_section(ORDERS, 1, -1)
    assert places(after) == [["items"], ["buyer", "phone"], ["note"]]
    assert keys_of(after) == ["items", "buyer", "phone", "note"]


@pytest.mark.parametrize(
    "step",
    [
        lambda form: edits.remove_field(form, "gone"),
        lambda form: edits.change_field(form, "buyer.name", {"required": True}),
        lambda form: edits.add_field(form, {"type": "text"}, section=9),
        lambda form: edits.remove_section(form, 9),
    ],
)
def test_a_step_to_nowhere_is_refused(step: Step) -> None:
    with pytest.raises(StepRefused):
        step(ORDERS)


LABELS = st.one_of(st.none(), st.text(min_size=1, max_size=20))
NUMBERS = st.integers(-2, 6)
FRESH = st.sampled_from(
    [
        {"type": "text"},
        {"type": "number", "decimals": 2},
        {"type": "choice", "options": [{"value": "a"}]},
        {"type": "link", "to": "customers"},
        {"type": "subform", "fields": [{"key": "row", "type": "text"}]},
    ]
)
REFS = st.one_of(
    st.sampled_from(
        ["buyer", "phone", "items", "items.name", "items.price", "note", "text", "gone"]
    ),
    st.integers(0, 12),
)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """One step of the designer, possibly one that the form at hand refuses."""
    name = draw(st.sampled_from(sorted(MAKERS)))
    return MAKERS[name](draw)


def named(form: Form, ref: str | int) -> str:
    """A field by key, or the n-th one of the form at hand."""
    keys = keys_of(form)
    return ref if isinstance(ref, str) else keys[ref % len(keys)] if keys else "gone"


def _add(draw: st.DrawFn) -> Step:
    label, kind, section = draw(LABELS), draw(FRESH), draw(st.none() | NUMBERS)
    position, into = draw(st.none() | NUMBERS), draw(st.sampled_from([None, None, "items"]))
    field = kind if label is None else {**kind, "label": label}
    return lambda form: edits.add_field(form, field, section=section, position=position, into=into)


def _on_field(change: Callable[[st.DrawFn], Callable[[Form, str], Form]]) -> Any:
    def make(draw: st.DrawFn) -> Step:
        ref, edit = draw(REFS), change(draw)
        return lambda form: edit(form, named(form, ref))

    return make


def _labelled(draw: st.DrawFn) -> Callable[[Form, str], Form]:
    words = draw(st.text(max_size=20))
    return lambda form, ref: edits.label_field(form, ref, words, "en")


def _moved(draw: st.DrawFn) -> Callable[[Form, str], Form]:
    section, position = draw(NUMBERS), draw(NUMBERS)
    return lambda form, ref: edits.move_field(form, ref, section, position)


def _shifted(draw: st.DrawFn) -> Callable[[Form, str], Form]:
    by = draw(st.sampled_from([-1, 1]))
    return lambda form, ref: edits.shift_field(form, ref, by)


def _on_section(draw: st.DrawFn) -> Step:
    number, by, title = draw(NUMBERS), draw(st.sampled_from([-1, 1])), draw(LABELS)
    chosen: list[Step] = [
        lambda form: edits.add_section(form, title or "New", number),
        lambda form: edits.change_section(form, number, {"section": title, "columns": 3}),
        lambda form: edits.remove_section(form, number),
        lambda form: edits.shift_section(form, number, by),
    ]
    return draw(st.sampled_from(chosen))


MAKERS: dict[str, Callable[[st.DrawFn], Step]] = {
    "add": _add,
    "remove": _on_field(lambda draw: edits.remove_field),
    "duplicate": _on_field(lambda draw: edits.duplicate_field),
    "label": _on_field(_labelled),
    "move": _on_field(_moved),
    "shift": _on_field(_shifted),
    "require": _on_field(
        lambda draw: lambda f, ref: edits.change_field(f, ref, {"required": True})
    ),
    "section": _on_section,
    "title": lambda draw: lambda form: edits.change_form(form, {"title": "{id}", "icon": None}),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(steps(), max_size=25))
def test_any_edits_leave_a_well_formed_form_and_undoing_all_gives_the_start(
    chosen: list[Step],
) -> None:
    done: list[Form] = [ORDERS]
    start = copy.deepcopy(ORDERS)
    for step in chosen:
        try:
            done.append(step(done[-1]))
        except StepRefused:
            continue
        assert form_problems(done[-1]) == []
        form = FormDefinition.from_json(done[-1])
        placed = [key for section in form.layout for key in section.fields]
        assert placed == [field.key for field in form.fields]
        assert len(set(placed)) == len(placed)
    while len(done) > 1:
        done.pop()
    assert done == [start]
