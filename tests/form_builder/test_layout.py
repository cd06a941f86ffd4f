"""Pages, tabs, cards: how a flat layout is drawn, and the designer's steps on it."""

from typing import Any

import pytest

from regulars.form_builder import edits, layout_edits
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.layout import pages_of
from regulars.form_builder.schema import form_problems

FORM: dict[str, Any] = {
    "kind": "form", "key": "visits", "label": "Visits",
    "fields": [{"key": key, "type": "text"} for key in "abcdefgh"],
    "layout": [
        {"id": "intro", "note": "Welcome"},
        {"id": "first", "fields": ["a"]},
        {"id": "p2", "page": "Details"},
        {"id": "top", "section": "Always", "fields": ["b"]},
        {"id": "t1", "tab": "Home"},
        {"id": "home", "columns": 2, "fields": ["c", "d"]},
        {"id": "line", "divider": "And"},
        {"id": "more", "fields": ["e"]},
        {"id": "t2", "tab": "Work"},
        {"id": "work", "section": "Office", "fields": ["f"]},
        {"id": "p3", "page": "End"},
        {"id": "last", "fields": ["g", "h"]},
    ],
}  # fmt: skip
KEYS = tuple("abcdefgh")


def drawn(keys: tuple[str, ...] = KEYS) -> list[Any]:
    """Each page: (title, cards above the tabs, tabs with their cards), cards as lists of ids."""
    form = FormDefinition.from_json(FORM)
    return [
        (
            page.title,
            [[item.id for item in card.items] for card in page.always],
            [(tab.item.title, [[item.id for item in card.items] for card in tab.cards])
             for tab in page.tabs if tab.item],
        )
        for page in pages_of(form.layout, keys)
    ]  # fmt: skip


def ids(form: Any) -> list[str]:
    return [part["id"] for part in form["layout"]]


def test_the_form_has_the_shape_of_a_form() -> None:
    assert form_problems(FORM) == []


def test_a_page_holds_what_follows_and_a_note_and_what_continues_it_share_a_card() -> None:
    assert drawn() == [
        (None, [["intro", "first"]], []),
        ("Details", [["top"]], [("Home", [["home", "line", "more"]]), ("Work", [["work"]])]),
        ("End", [["last"]], []),
    ]


def test_pages_and_tabs_without_a_field_for_the_reader_are_not_drawn() -> None:
    assert drawn(("b", "f")) == [("Details", [["top"]], [("Work", [["work"]])])]
    assert drawn(()) == []


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({}, "layout/0/fields"),
        ({"section": "Only a name"}, "layout/0/fields"),
        ({"page": "One", "columns": 2}, "layout/0"),
        ({"page": "One", "fields": []}, "layout/0"),
        ({"tab": "T", "tone": "info"}, "layout/0"),
        ({"divider": False}, "layout/0/divider"),
        ({"note": ""}, "layout/0/note"),
        ({"fields": [], "colour": "red"}, "layout/0/colour"),
    ],
)
def test_a_part_is_one_thing_only(part: dict[str, Any], path: str) -> None:
    found = form_problems({**FORM, "layout": [part]})
    assert path in [problem.path for problem in found]


def test_a_page_moves_with_what_it_holds() -> None:
    moved = layout_edits.shift_part(FORM, "p3", -1)
    assert ids(moved)[:5] == ["intro", "first", "p3", "last", "p2"]
    assert [field["key"] for field in moved["fields"]] == list("aghbcdef")
    assert ids(layout_edits.shift_part(moved, "p3", 1)) == ids(FORM)


def test_a_tab_trades_places_with_the_tab_beside_it() -> None:
    moved = layout_edits.shift_part(FORM, "t1", 1)
    assert ids(moved)[3:9] == ["top", "t2", "work", "t1", "home", "line"]


def test_nothing_moves_into_itself() -> None:
    assert layout_edits.move_part(FORM, "p2", "home") == edits.spread(FORM)


def test_a_line_between_two_fields_parts_their_section() -> None:
    parted = layout_edits.add_part(FORM, "divider", behind="c")
    spot = ids(parted).index("home")
    before, line, after = parted["layout"][spot : spot + 3]
    assert (before["fields"], line["divider"], after["fields"]) == (["c"], True, ["d"])
    assert after["columns"] == 2


def test_a_new_page_at_the_end_has_room_for_a_first_field() -> None:
    grown = layout_edits.add_part(FORM, "page", "Thanks")
    assert grown["layout"][-2]["page"] == "Thanks"
    assert grown["layout"][-1]["fields"] == []


def test_a_page_that_goes_leaves_what_it_held() -> None:
    assert ids(layout_edits.remove_part(FORM, "p2")) == [i for i in ids(FORM) if i != "p2"]


def test_pages_keep_their_words_where_lines_can_be_without() -> None:
    changed = layout_edits.change_part(FORM, "p2", {"page": None})
    assert changed["layout"][2]["page"] == "Details"
    changed = layout_edits.change_part(FORM, "line", {"divider": None})
    assert changed["layout"][6]["divider"] is True


def test_what_is_no_part_is_refused() -> None:
    with pytest.raises(StepRefused):
        layout_edits.add_part(FORM, "carousel")
    with pytest.raises(StepRefused):
        edits.move_field(FORM, "a", "p2", 0)
