"""What the designer's buttons and panels post, as steps on the draft."""

import json
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from regulars.form_builder import clips, edits
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.layout_edits import PARTS
from regulars.form_builder.schema import form_problems
from regulars.form_builder.web.designer_view import preview_entry
from regulars.form_builder.web.palette import GROUPS, palette
from regulars.form_builder.web.step_desk import Desk
from regulars.form_builder.web.steps import step_from_post, subject_of
from regulars.form_builder.web.widgets import widgets_of
from regulars.platform.errors import Invalid
from regulars.platform.i18n import LOCALES
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS

FORMS = {raw["key"]: FormDefinition.from_json(raw) for raw in (CUSTOMERS, ORDERS, PRODUCTS)}
DESK = Desk(FORMS, None, "en")
DRAFT: dict[str, Any] = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "fields": [
        {"key": "name", "type": "text", "label": {"en": "Name", "zh-Hans": "姓名"}},
        {
            "key": "reason",
            "type": "choice",
            "options": [{"value": "look", "label": "Look", "color": "blue"}, {"value": "buy"}],
        },
        {"key": "rows", "type": "subform", "fields": [{"key": "what", "type": "text"}]},
    ],
    "layout": [
        {"section": "One", "columns": 2, "fields": ["name"]},
        {"fields": ["reason", "rows"]},
    ],
}


def after(desk: Desk = DESK, /, **posted: Any) -> dict[str, Any]:
    pairs = [
        (name.replace("__", "/"), each)
        for name, value in posted.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    changed = step_from_post(MultiDict(pairs), desk)(DRAFT)
    assert form_problems(changed) == []
    return dict(changed)


def field(form: dict[str, Any], ref: str) -> dict[str, Any]:
    return edits.field_at(form, ref)


def test_every_registered_type_is_in_the_palette_once() -> None:
    placed = [name for _group, names in GROUPS for name in names]
    assert sorted(placed) == sorted(field_types.names())


@pytest.mark.parametrize("locale", LOCALES)
def test_the_palette_is_found_by_its_words(locale: str) -> None:
    for _group, items in palette(locale):
        for item in items:
            assert item.type in item.words
            assert item.title.casefold() in item.words


@pytest.mark.parametrize("name", [name for _group, names in GROUPS for name in names])
def test_every_type_can_be_added_and_has_settings_and_a_preview(name: str) -> None:
    added = after(do="add", type=name)
    (fresh,) = [each for each in added["fields"] if each not in edits.spread(DRAFT)["fields"]]
    assert fresh["type"] == name
    subject = subject_of(added, fresh["key"], DESK)
    names = [widget.name for widget in widgets_of(subject)]
    assert len(set(names)) == len(names)
    assert preview_entry(subject.field, "p").field.type == name


def test_a_field_is_added_behind_the_chosen_one() -> None:
    added = after(do="add", type="date", after="name")
    assert added["layout"][0]["fields"] == ["name", "date"]


def test_a_field_is_added_where_it_was_dropped() -> None:
    added = after(do="add", type="date", section="1", position="1", after="name")
    assert added["layout"][1]["fields"] == ["reason", "date", "rows"]


def test_a_column_is_added_to_rows() -> None:
    added = after(do="add", type="number", into="rows")
    assert [each["key"] for each in field(added, "rows")["fields"]] == ["what", "number"]


def test_a_copy_says_that_it_is_one() -> None:
    copied = after(do="duplicate", field="name")
    assert field(copied, "name_2")["label"] == {"en": "Name (copy)", "zh-Hans": "姓名"}


def test_fields_and_sections_move_by_buttons() -> None:
    assert after(do="down", field="name")["layout"][1]["fields"][0] == "name"
    assert after(do="up", field="reason")["layout"][0]["fields"] == ["name", "reason"]
    assert after(do="part-down:part1")["layout"][1]["section"] == "One"
    assert after(do="part-remove", part="1")["layout"][0]["fields"] == [
        "name",
        "reason",
        "rows",
    ]
    moved = after(do="move", field="rows", section="0", position="0")
    assert moved["layout"][0]["fields"] == ["rows", "name"]


def test_a_section_is_named_and_divided() -> None:
    changed = after(do="part", part="0", title="Guest", columns="3")
    assert changed["layout"][0] == {
        "id": "part1", "section": "Guest", "columns": 3, "fields": ["name"],
    }  # fmt: skip
    assert after(do="part", part="part1", title="", columns="9")["layout"][0]["columns"] == 4
    assert after(do="add", type="part/section")["layout"][-1]["section"] == "New section"


@pytest.mark.parametrize("kind", PARTS)
def test_every_part_of_the_palette_is_added_and_named(kind: str) -> None:
    added = after(do="add", type=f"part/{kind}", before="part2")
    fresh = added["layout"][1]
    assert fresh["id"] == "part3"
    renamed = step_from_post(
        MultiDict({"do": "part", "part": "part3", "title": "Words", "tone": "warning"}), DESK
    )(added)
    assert "Words" in renamed["layout"][1].values()
    assert form_problems(renamed) == []


def test_a_line_is_put_behind_the_chosen_field() -> None:
    added = after(do="add", type="part/divider", after="reason")
    assert [part.get("fields", "line") for part in added["layout"]] == [
        ["name"], ["reason"], "line", ["rows"],
    ]  # fmt: skip


def test_several_fields_move_go_and_are_copied_together() -> None:
    both = ["rows", "name"]
    moved = after(do="move-chosen", chosen=both, section="part2", position="0")
    assert moved["layout"][1]["fields"] == ["name", "rows", "reason"]
    assert [each["key"] for each in after(do="remove-chosen", chosen=both)["fields"]] == ["reason"]
    twice = after(do="duplicate-chosen", chosen=both)
    assert {each["key"] for each in twice["fields"]} >= {"name_2", "rows_2"}
    wide = after(do="width-chosen", chosen=both, width="3")
    assert (field(wide, "name")["width"], field(wide, "rows")["width"]) == (3, 3)


def test_nothing_picked_out_is_said() -> None:
    with pytest.raises(StepRefused) as refused:
        after(do="remove-chosen")
    assert refused.value.code == "nothing-chosen"


def test_what_was_copied_is_pasted_under_free_keys() -> None:
    clip = clips.copied(DRAFT, ["reason", "name"])
    assert [each["key"] for each in clip["fields"]] == ["name", "reason"]
    pasted = after(do="paste", clip=json.dumps(clip), after="name")
    assert pasted["layout"][0]["fields"] == ["name", "name_2", "reason_2"]
    assert field(pasted, "reason_2")["options"] == field(DRAFT, "reason")["options"]


@pytest.mark.parametrize(
    ("clip", "path"),
    [
        ("hello", "clip"),
        ("[" * 5000, "clip"),
        ('{"kind": "form", "fields": []}', "clip"),
        ('{"kind": "fields", "fields": []}', "clip/fields"),
        ('{"kind": "fields", "fields": [7]}', "clip/fields"),
        ('{"kind": "fields", "fields": [{"key": "a", "type": "spaceship"}]}',
         "clip/fields/0/type"),
        ('{"kind": "fields", "fields": [{"key": "A b", "type": "text", "onclick": "x"}]}',
         "clip/fields/0/key"),
    ],
)  # fmt: skip
def test_a_clipboard_with_anything_else_is_refused(clip: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        after(do="paste", clip=clip)
    assert path in [problem.path for problem in refused.value.problems]


def test_another_type_keeps_what_both_types_have() -> None:
    became = field(after(do="become", field="reason", type="tags"), "reason")
    assert (became["type"], became["options"]) == ("tags", field(DRAFT, "reason")["options"])
    assert field(after(do="become", field="name", type="choice"), "name")["label"] == {
        "en": "Name", "zh-Hans": "姓名",
    }  # fmt: skip


def test_a_type_with_values_is_not_switched_by_the_way() -> None:
    published = Desk(FORMS, FormDefinition.from_json(DRAFT), "en")
    with pytest.raises(StepRefused) as refused:
        after(published, do="become", field="name", type="number")
    assert refused.value.code == "type-needs-rehearsal"


def test_a_column_of_rows_has_a_width_among_its_settings() -> None:
    wide = {"do": "settings", "field": "rows.what", "width~here": "1"}
    assert field(after(**wide, width="3"), "rows.what")["width"] == 3
    assert "width" not in field(after(**wide, width="1"), "rows.what")
    on_canvas = after(**{**wide, "field": "name"}, width="3")
    assert "width" not in field(on_canvas, "name"), "that one has it on its card"


def test_being_required_is_switched() -> None:
    required = after(do="require", field="name")
    assert field(required, "name")["required"] is True


def test_a_label_is_changed_in_the_readers_language_only() -> None:
    assert field(after(do="label", field="name", label="Guest"), "name")["label"] == {
        "en": "Guest", "zh-Hans": "姓名",
    }  # fmt: skip


SETTINGS = {"do": "settings", "field": "name"}


def settings(ref: str, **posted: Any) -> dict[str, Any]:
    asked = {f"{name}~here": "1" for name in posted}
    return field(after(do="settings", field=ref, **asked, **posted), ref)


def test_settings_are_set_and_taken_away() -> None:
    set_once = settings(
        "name", required="1", max_length="20", help="Who is it?", default="=UPPER(1)"
    )
    assert set_once["required"] is True
    assert (set_once["max_length"], set_once["help"]) == (20, "Who is it?")
    assert set_once["default"] == {"formula": "UPPER(1)"}
    cleared = settings("name", required="", max_length="", help="", default="")
    assert cleared == DRAFT["fields"][0]


def test_a_setting_that_was_not_asked_for_stays() -> None:
    assert field(after(do="settings", field="reason"), "reason") == DRAFT["fields"][1]


def test_options_keep_their_codes_and_new_ones_are_spelled() -> None:
    changed = settings(
        "reason",
        **{
            "options": "",
            "options__0__value": "look", "options__0__label": "Browse", "options__0__color": "red",
            "options__1__value": "buy", "options__1__label": "Buy", "options__1__color": "ugly",
            "options__2__label": "Pick up",
        },
    )["options"]  # fmt: skip
    assert changed == [
        {"value": "look", "label": "Browse", "color": "red"},
        {"value": "buy", "label": "Buy"},
        {"value": "pick_up", "label": "Pick up"},
    ]


@pytest.mark.parametrize(
    ("step", "codes"),
    [
        ("add", ["look", "buy", "option_3"]),
        ("down 0", ["buy", "look"]),
        ("up 1", ["buy", "look"]),
        ("remove 0", ["buy"]),
        ("remove 7", ["look", "buy"]),
    ],
)
def test_options_are_added_moved_and_removed(step: str, codes: list[str]) -> None:
    posted = {"options__0__value": "look", "options__1__value": "buy", "_option": step}
    changed = settings("reason", options="", **posted)["options"]
    assert [option["value"] for option in changed] == codes


def test_a_label_in_another_language_makes_a_map() -> None:
    posted = {"label": "Guest", "label@zh-Hans": "客人", "label@zh-Hant": ""}
    changed = field(after(do="settings", field="rows.what", **posted), "rows.what")
    assert changed["label"] == {"en": "Guest", "zh-Hans": "客人"}


def test_what_stored_values_depend_on_is_fixed_once_published() -> None:
    raw = {**DRAFT, "fields": [{"key": "n", "type": "number", "decimals": 2}], "layout": []}
    published = Desk(FORMS, FormDefinition.from_json(raw), "en")
    posted = MultiDict({"do": "settings", "field": "n", "decimals~here": "1", "decimals": "4"})
    assert edits.field_at(step_from_post(posted, published)(raw), "n")["decimals"] == 2
    assert edits.field_at(step_from_post(posted, DESK)(raw), "n")["decimals"] == 4


def test_the_forms_own_settings_are_set() -> None:
    changed = after(
        do="form", label="Guests", title="{name}", icon="users", description="Who came",
        is_person="1", person__name="name",
    )  # fmt: skip
    assert (changed["label"], changed["title"], changed["icon"]) == ("Guests", "{name}", "users")
    assert changed["person"] == {"name": "name"}
    assert "person" not in after(do="form", label="Guests")
    assert after(do="form", label="")["label"] == "visits"


@pytest.mark.parametrize(
    "posted",
    [
        {"do": "fly"},
        {},
        {"do": "add", "type": "rainbow"},
        {"do": "move", "field": "name", "section": "x", "position": "0"},
        {"do": "up", "field": "gone"},
        {"do": "section-up", "section": "9"},
    ],
)
def test_a_step_nobody_knows_is_refused(posted: dict[str, str]) -> None:
    with pytest.raises(StepRefused):
        step_from_post(MultiDict(posted), DESK)(DRAFT)


ROLLUP = {
    "key": "spent", "type": "rollup", "of": "orders", "aggregate": "sum", "field": "amount",
    "result": "money", "where": {"field": "status", "op": "is", "value": "paid"},
}  # fmt: skip
PERSON = {**CUSTOMERS, "fields": [*CUSTOMERS["fields"], ROLLUP]}


@pytest.mark.parametrize(
    ("posted", "where"),
    [
        ({"where-field": "status", "where-op": "in", "where-value": "refunded"},
         {"field": "status", "op": "in", "value": ["refunded"]}),
        ({"where-field": "paid_at", "where-op": "is", "where-value": ""},
         {"field": "paid_at", "op": "is_not_empty"}),
        ({"where-field": "status", "where-op": "contains", "where-value": ""},
         {"field": "status", "op": "is", "value": "paid"}),
        ({"where-field": "paid_at", "where-op": "within", "where-value": ""},
         {"field": "paid_at", "op": "within", "value": {"last": 30, "unit": "day"}}),
        ({"where-field": ""}, None),
        ({"_where": "remove"}, None),
        ({}, ROLLUP["where"]),
    ],
)  # fmt: skip
def test_a_rollup_counts_only_rows_that_meet_its_condition(
    posted: dict[str, str], where: Any
) -> None:
    given = MultiDict({"do": "settings", "field": "spent", "where~here": "1", **posted})
    changed = step_from_post(given, DESK)(PERSON)
    assert form_problems(changed) == []
    assert edits.field_at(changed, "spent").get("where") == where
