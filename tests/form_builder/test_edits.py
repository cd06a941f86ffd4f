import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.form_builder import clips, deltas, edits, layout_edits
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
    return [part["fields"] for part in form["layout"] if "fields" in part]


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
    assert places(layout_edits.remove_part(ORDERS, 1))[0] == ["buyer", "phone", "items"]
    assert places(layout_edits.remove_part(ORDERS, 0))[0] == ["buyer", "phone", "items"]


def test_a_section_moves_with_its_fields() -> None:
    after = layout_edits.shift_part(ORDERS, 1, -1)
    assert places(after) == [["items"], ["buyer", "phone"], ["note"]]
    assert keys_of(after) == ["items", "buyer", "phone", "note"]


@pytest.mark.parametrize(
    "step",
    [
        lambda form: edits.remove_field(form, "gone"),
        lambda form: edits.change_field(form, "buyer.name", {"required": True}),
        lambda form: edits.add_field(form, {"type": "text"}, section=9),
        lambda form: layout_edits.remove_part(form, 9),
    ],
)
def test_a_step_to_nowhere_is_refused(step: Step) -> None:
    with pytest.raises(StepRefused):
        step(ORDERS)


LABELS = st.one_of(st.none(), st.text(min_size=1, max_size=20))
NUMBERS = st.integers(-2, 6)
IDS = st.sampled_from(["part1", "part2", "part3", "part4", "part9"])
PARTS = NUMBERS | IDS
KINDS = st.sampled_from(layout_edits.PARTS)
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
    label, kind, section = draw(LABELS), draw(FRESH), draw(st.none() | PARTS)
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
    section, position = draw(PARTS), draw(NUMBERS)
    return lambda form, ref: edits.move_field(form, ref, section, position)


def _shifted(draw: st.DrawFn) -> Callable[[Form, str], Form]:
    by = draw(st.sampled_from([-1, 1]))
    return lambda form, ref: edits.shift_field(form, ref, by)


def _on_part(draw: st.DrawFn) -> Step:
    part, by, title = draw(PARTS), draw(st.sampled_from([-1, 1])), draw(LABELS)
    kind, before, behind = draw(KINDS), draw(st.none() | IDS), draw(st.none() | REFS)
    chosen: list[Step] = [
        lambda form: layout_edits.add_part(form, kind, title or "New", before=before),
        lambda form: layout_edits.add_part(
            form, kind, behind=None if behind is None else named(form, behind)
        ),
        lambda form: layout_edits.change_part(
            form, part, {"section": title, "page": title, "note": title, "divider": None}
        ),
        lambda form: layout_edits.change_part(form, part, {"columns": 3, "tone": "warning"}),
        lambda form: layout_edits.remove_part(form, part),
        lambda form: layout_edits.shift_part(form, part, by),
        lambda form: layout_edits.move_part(form, part, before),
    ]
    return draw(st.sampled_from(chosen))


def _several(draw: st.DrawFn) -> Step:
    refs, part, position = draw(st.lists(REFS, max_size=4)), draw(PARTS), draw(st.none() | NUMBERS)

    def chosen(form: Form) -> list[str]:
        return [named(form, ref) for ref in refs]

    acts: list[Step] = [
        lambda form: clips.move_fields(form, chosen(form), part, position),
        lambda form: clips.paste(
            form, clips.copied(form, clips.in_order(form, chosen(form)))["fields"], part
        ),
    ]
    return draw(st.sampled_from(acts))


def _become(draw: st.DrawFn) -> Callable[[Form, str], Form]:
    fresh = draw(FRESH)
    return lambda form, ref: clips.retype_field(form, ref, fresh)


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
    "part": _on_part,
    "several": _several,
    "become": _on_field(_become),
    "width": _on_field(lambda draw: lambda f, ref: edits.change_field(f, ref, {"width": 2})),
    "title": lambda draw: lambda form: edits.change_form(form, {"title": "{id}", "icon": None}),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(steps(), max_size=25))
def test_any_edits_leave_a_well_formed_form_and_undoing_all_gives_the_start(
    chosen: list[Step],
) -> None:
    done: list[Form] = [ORDERS]
    back: list[dict[str, Any]] = []
    for step in chosen:
        try:
            made = step(done[-1])
        except StepRefused:
            continue
        back.append(deltas.delta_to(made, done[-1]))
        done.append(made)
        assert form_problems(made) == []
        form = FormDefinition.from_json(made)
        placed = [key for item in form.layout for key in item.fields]
        assert sorted(placed) == sorted(field.key for field in form.fields)
        assert len({item.id for item in form.layout}) in (len(form.layout), 1)
    now, forth = done[-1], []
    for delta, before in zip(reversed(back), reversed(done[:-1]), strict=True):
        earlier = deltas.apply(now, delta)
        assert earlier == before
        forth.append(deltas.delta_to(earlier, now))
        now = earlier
    assert now == ORDERS
    for delta in reversed(forth):
        now = deltas.apply(now, delta)
    assert now == done[-1]
