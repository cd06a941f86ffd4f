from typing import Any

import pytest

from regulars.form_builder.comparing import changes_between
from regulars.platform import i18n

BEFORE: dict[str, Any] = {
    "label": "Orders",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "items", "type": "subform", "fields": [{"key": "price", "type": "money"}]},
    ],
}


def changed(**more: Any) -> list[tuple[str, dict[str, Any]]]:
    after = {**BEFORE, **more}
    return [(change.code, dict(change.params)) for change in changes_between(BEFORE, after)]


def test_nothing_changed_is_no_change() -> None:
    assert changed() == []


def test_a_form_never_published_is_new_as_a_whole() -> None:
    assert [change.code for change in changes_between(None, BEFORE)] == ["new-form"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (
            {"fields": [*BEFORE["fields"], {"key": "note", "type": "text"}]},
            [("field-added", {"field": "note"})],
        ),
        ({"fields": BEFORE["fields"][1:]}, [("field-removed", {"field": "Name"})]),
        (
            {"fields": [{**BEFORE["fields"][0], "label": "Who"}, BEFORE["fields"][1]]},
            [("field-renamed", {"before": "Name", "after": "Who"})],
        ),
        (
            {"fields": [{**BEFORE["fields"][0], "required": True}, BEFORE["fields"][1]]},
            [("field-changed", {"field": "Name"})],
        ),
        (
            {"fields": [BEFORE["fields"][0], {**BEFORE["fields"][1], "fields": []}]},
            [("column-removed", {"field": "price", "inside": "items"})],
        ),
        ({"layout": [{"fields": ["items", "name"]}]}, [("rearranged", {})]),
        ({"label": "Sales"}, [("form-renamed", {"after": "Sales"})]),
        ({"title": "{name}"}, [("form-title", {})]),
    ],
)
def test_a_change_is_named(more: dict[str, Any], found: list[tuple[str, dict[str, Any]]]) -> None:
    assert changed(**more) == found


def test_sections_that_only_spell_out_what_was_shown_are_no_change() -> None:
    assert changed(layout=[{"columns": 2, "fields": ["name", "items"]}]) == []


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_change_has_words(locale: str) -> None:
    everything = {
        **BEFORE,
        "label": "Sales",
        "title": "x",
        "icon": "x",
        "description": "x",
        "person": {},
        "checks": [],
        "views": [],
        "fields": [
            {"key": "items", "type": "subform", "label": "Rows", "fields": [
                {"key": "price", "type": "money", "min": 1}, {"key": "n", "type": "number"}]},
            {"key": "new", "type": "text"},
        ],
    }  # fmt: skip
    found = [*changes_between(BEFORE, everything), *changes_between(None, BEFORE)]
    said = {i18n.translate(f"forms.change.{c.code}", locale, **c.params) for c in found}
    assert len(said) == len(found)
