"""What a button, a drag or a panel of the designer asks for, as a step on the draft. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder import clips, edits
from regulars.form_builder.checks import PERSON_TYPES
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.keys import derive_key
from regulars.form_builder.starters import start_field
from regulars.form_builder.web.group_steps import GROUP_STEPS, copied, removed
from regulars.form_builder.web.part_steps import PART_STEPS, add_part
from regulars.form_builder.web.step_desk import (
    Desk,
    Make,
    Posted,
    Step,
    number_in,
    part_in,
    place_in,
)
from regulars.form_builder.web.widget_posts import changes_of, label_of
from regulars.form_builder.web.widgets import Subject

PART_PREFIX = "part/"
"""In front of what the palette offers besides field types."""


def step_from_post(posted: Posted, desk: Desk) -> Step:
    """The step that ``do`` names; StepRefused for an unknown one.

    A button of the canvas names its field, too: ``do`` is ``up:name``.
    """
    do, _colon, ref = posted.get("do", "").partition(":")
    make = {**_STEPS, **PART_STEPS, **GROUP_STEPS}.get(do)
    if make is None:
        raise StepRefused("unknown-step")
    if ref:
        name = "part" if do in PART_STEPS else "field"
        posted = MultiDict([*(p for p in posted.items(multi=True) if p[0] != name), (name, ref)])
    return make(posted, desk)


def subject_of(form: Form, ref: str, desk: Desk) -> Subject:
    """The field at ``ref`` as the settings panel sees it."""
    raw = edits.field_at(form, ref)
    parsed = FormDefinition.from_json(form)
    stored = desk.stored(ref)
    return Subject(
        FieldDefinition.from_json(raw), parsed, desk.forms, "." in ref,
        stored is not None and stored.type == raw["type"], desk.locale, desk.rules,
    )  # fmt: skip


def _add(posted: Posted, desk: Desk) -> Step:
    name, into = posted.get("type", ""), posted.get("into") or None
    if name.startswith(PART_PREFIX):
        return add_part(name.removeprefix(PART_PREFIX), posted, desk)

    def step(form: Form) -> Form:
        if name not in field_types:
            raise StepRefused("unknown-step")
        field = start_field(name, form, desk.forms, desk.locale)
        if name in ("created_at", "created_by", "updated_at", "updated_by"):
            field["key"] = _free_key(form, name)
        section, position = place_in(form, posted)
        return edits.add_field(form, field, section=section, position=position, into=into)

    return step


def _free_key(form: Form, name: str) -> str:
    """A system mark stands under its own name, once."""
    taken = {field["key"] for field in form["fields"]}
    return derive_key(name, taken)


def _settings(posted: Posted, desk: Desk) -> Step:
    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        raw = edits.field_at(form, ref)
        changes = changes_of(subject_of(form, ref, desk), raw, posted)
        return edits.change_field(form, ref, changes)

    return step


def _toggle(posted: Posted, desk: Desk) -> Step:
    def step(form: Form) -> Form:
        ref = posted.get("field", "")
        now = edits.field_at(form, ref).get("required", False)
        return edits.change_field(form, ref, {"required": None if now else True})

    return step


def _label(posted: Posted, desk: Desk) -> Step:
    words = posted.get("label", "").strip()[:200]
    return lambda form: edits.label_field(form, posted.get("field", ""), words, desk.locale)


def _become(posted: Posted, desk: Desk) -> Step:
    """Another type, at once; a field that records may hold values of changes by its own job."""

    def step(form: Form) -> Form:
        ref, name = posted.get("field", ""), posted.get("type", "")
        if desk.stored(ref) is not None:
            raise StepRefused("type-needs-rehearsal")
        if name not in field_types:
            raise StepRefused("unknown-step")
        fresh = start_field(name, form, desk.forms, desk.locale)
        fresh.pop("label", None)
        return clips.retype_field(form, ref, fresh)

    return step


def _width(posted: Posted, desk: Desk) -> Step:
    width = max(1, min(4, number_in(posted, "width") or 1))
    changes = {"width": None if width == 1 else width}
    return lambda form: edits.change_field(form, posted.get("field", ""), changes)


def _move(posted: Posted, desk: Desk) -> Step:
    position = number_in(posted, "position")
    if position is None:
        raise StepRefused
    return lambda form: edits.move_field(
        form, posted.get("field", ""), part_in(posted, "section"), position
    )


def _form(posted: Posted, desk: Desk) -> Step:
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


def _name(posted: Posted, desk: Desk) -> Step:
    words = posted.get("label", "").strip()[:60]

    def step(form: Form) -> Form:
        return edits.change_form(
            form, {"label": edits.reworded(form.get("label"), words, desk.locale) or form["key"]}
        )

    return step


_STEPS: Mapping[str, Make] = {
    "add": _add,
    "up": lambda posted, desk: lambda form: edits.shift_field(form, posted["field"], -1),
    "down": lambda posted, desk: lambda form: edits.shift_field(form, posted["field"], 1),
    "move": _move,
    "remove": lambda posted, desk: lambda form: removed(form, posted.get("field", ""), desk),
    "restore": lambda posted, desk: lambda form: edits.restore_field(form, posted["field"]),
    "duplicate": lambda posted, desk: lambda form: copied(form, posted.get("field", ""), desk),
    "require": _toggle,
    "label": _label,
    "width": _width,
    "become": _become,
    "settings": _settings,
    "form": _form,
    "name": _name,
}
