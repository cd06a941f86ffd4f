"""What a button, a drag or a panel of the designer asks for, as a step on the draft. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder import edits
from regulars.form_builder.checks import PERSON_TYPES
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.keys import derive_key
from regulars.form_builder.starters import start_field
from regulars.form_builder.web.widget_posts import changes_of, label_of
from regulars.form_builder.web.widgets import Subject
from regulars.platform import i18n

Posted = MultiDict[str, str]


@dataclass(frozen=True)
class Desk:
    """What a step looks at besides the draft: the other forms, what is published, who asks."""

    forms: Mapping[str, FormDefinition]
    published: FormDefinition | None
    locale: str


def step_from_post(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    """The step that ``do`` names; StepRefused for an unknown one."""
    make = _STEPS.get(posted.get("do", ""))
    if make is None:
        raise StepRefused("unknown-step")
    return make(posted, desk)


def subject_of(form: Form, ref: str, desk: Desk) -> Subject:
    """The field at ``ref`` as the settings panel sees it."""
    raw = edits.field_at(form, ref)
    parsed = FormDefinition.from_json(form)
    stored = _published_field(desk.published, ref)
    return Subject(
        FieldDefinition.from_json(raw), parsed, desk.forms, "." in ref,
        stored is not None and stored.type == raw["type"], desk.locale,
    )  # fmt: skip


def _published_field(form: FormDefinition | None, ref: str) -> FieldDefinition | None:
    head, _dot, tail = ref.partition(".")
    found = form.find(head) if form is not None else None
    if not tail or found is None:
        return found
    return next((each for each in found.fields if each.key == tail), None)


def _add(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        name, into = posted.get("type", ""), posted.get("into") or None
        if name not in field_types:
            raise StepRefused("unknown-step")
        field = start_field(name, form, desk.forms, desk.locale)
        if name in ("created_at", "created_by", "updated_at", "updated_by"):
            field["key"] = _free_key(form, name)
        section, position = _where(form, posted)
        return edits.add_field(form, field, section=section, position=position, into=into)

    return step


def _free_key(form: Form, name: str) -> str:
    """A system mark stands under its own name, once."""
    taken = {field["key"] for field in form["fields"]}
    return derive_key(name, taken)


def _where(form: Form, posted: Posted) -> tuple[int | None, int | None]:
    """The place that was dropped on, else right behind the chosen field, else the end."""
    if posted.get("section", "").isdecimal():
        return int(posted["section"]), _number(posted, "position")
    after = posted.get("after", "").partition(".")[0]
    spread = edits.spread(form)
    try:
        section, position = edits.place_of(spread, after)
    except StepRefused:
        return None, None
    return section, position + 1


def _number(posted: Posted, name: str) -> int | None:
    text = posted.get(name, "")
    return int(text) if text.isdecimal() else None


def _needed(posted: Posted, name: str) -> int:
    number = _number(posted, name)
    if number is None:
        raise StepRefused
    return number


def _settings(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        raw = edits.field_at(form, ref)
        changes = changes_of(subject_of(form, ref, desk), raw, posted)
        return edits.change_field(form, ref, changes)

    return step


def _toggle(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        now = edits.field_at(form, ref).get("required", False)
        return edits.change_field(form, ref, {"required": None if now else True})

    return step


def _label(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    words = posted.get("label", "").strip()[:200]
    return lambda form: edits.label_field(form, posted.get("field", ""), words, desk.locale)


def _remove(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    """What records may hold values of is put away; what was never published just goes."""

    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        if _published_field(desk.published, ref) is not None:
            return edits.archive_field(form, ref)
        return edits.remove_field(form, ref)

    return step


def _copy(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        old = edits.field_at(form, ref).get("label")
        name = i18n.pick(old, desk.locale) or ref.rpartition(".")[2]
        words = i18n.translate("forms.copy-of", desk.locale, name=name)
        return edits.duplicate_field(form, ref, edits.reworded(old, words, desk.locale))

    return step


def _add_section(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    title = i18n.translate("forms.new-section", desk.locale)
    return lambda form: edits.add_section(form, title, _number(posted, "position"))


def _change_section(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        number = _needed(posted, "section")
        changes: dict[str, Any] = {}
        if "title" in posted:
            layout = edits.spread(form)["layout"]
            old = layout[number].get("section") if number < len(layout) else None
            changes["section"] = edits.reworded(old, posted["title"].strip()[:200], desk.locale)
        if posted.get("columns", "").isdecimal():
            changes["columns"] = max(1, min(4, int(posted["columns"])))
        return edits.change_section(form, number, changes)

    return step


def _form(posted: Posted, desk: Desk) -> Callable[[Form], Form]:
    def step(form: Form) -> Form:
        changes: dict[str, Any] = {
            "label": label_of(form.get("label"), posted, desk.locale) or form["key"],
            "title": posted.get("title", "").strip() or None,
            "icon": posted.get("icon") or None,
        }
        words = posted.get("description", "").strip()
        changes["description"] = edits.reworded(form.get("description"), words, desk.locale)
        person = {
            role: posted[f"person/{role}"] for role in PERSON_TYPES if posted.get(f"person/{role}")
        }
        changes["person"] = person if posted.get("is_person") else None
        return edits.change_form(form, changes)

    return step


_STEPS: Mapping[str, Callable[[Posted, Desk], Callable[[Form], Form]]] = {
    "add": _add,
    "up": lambda posted, desk: lambda form: edits.shift_field(form, posted["field"], -1),
    "down": lambda posted, desk: lambda form: edits.shift_field(form, posted["field"], 1),
    "move": lambda posted, desk: (
        lambda form: edits.move_field(
            form, posted["field"], _needed(posted, "section"), _needed(posted, "position")
        )
    ),
    "remove": _remove,
    "restore": lambda posted, desk: lambda form: edits.restore_field(form, posted["field"]),
    "duplicate": _copy,
    "require": _toggle,
    "label": _label,
    "settings": _settings,
    "add-section": _add_section,
    "section": _change_section,
    "section-up": lambda posted, desk: (
        lambda form: edits.shift_section(form, _needed(posted, "section"), -1)
    ),
    "section-down": lambda posted, desk: (
        lambda form: edits.shift_section(form, _needed(posted, "section"), 1)
    ),
    "section-remove": lambda posted, desk: (
        lambda form: edits.remove_section(form, _needed(posted, "section"))
    ),
    "form": _form,
}
