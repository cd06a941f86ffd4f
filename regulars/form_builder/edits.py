"""The designer's steps as pure functions: a form's JSON in, the changed JSON out.

A step never changes what it is given, and what it answers always has the shape of a form. Fields
are named by key, the columns of a subform as ``items.price``. Undo is the JSON before the step.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder.definition import RESERVED_KEYS
from regulars.form_builder.keys import derive_key

Form = Mapping[str, Any]
Json = dict[str, Any]

DEFAULT_COLUMNS = 2


class StepRefused(LookupError):
    """A step that this form does not allow; ``code`` has words at ``errors.<code>``."""

    def __init__(self, code: str = "no-such-place") -> None:
        super().__init__(code)
        self.code = code


def spread(raw: Form) -> Json:
    """A copy whose layout names every field once; what no section named follows at the end."""
    form = copy.deepcopy(dict(raw))
    fields = form.setdefault("fields", [])
    sections = form.setdefault("layout", [])
    waiting = [field["key"] for field in fields]
    for section in sections:
        section["fields"] = [key for key in section["fields"] if _take(waiting, key)]
    if waiting or not sections:
        if not sections or "section" in sections[-1]:
            sections.append({"columns": DEFAULT_COLUMNS, "fields": []})
        sections[-1]["fields"] += waiting
    return form


def field_at(raw: Form, ref: str) -> Json:
    """The JSON of one field; StepRefused otherwise."""
    siblings, key = _siblings(raw, ref)
    for each in siblings:
        if each["key"] == key:
            return each
    raise StepRefused


def add_field(
    raw: Form,
    field: Mapping[str, Any],
    *,
    section: int | None = None,
    position: int | None = None,
    into: str | None = None,
) -> Json:
    """The form with ``field`` (a type, its settings, a label); a missing key is made.

    It goes to ``position`` of ``section`` (both default to the end), or into the subform ``into``.
    """
    form = spread(raw)
    owner = form if into is None else field_at(form, into)
    siblings = owner["fields"]
    fresh = {"key": field.get("key") or new_key(_all_of(owner), field), **field}
    if into is not None:
        siblings.insert(_within(siblings, position), fresh)
        return form
    target = _section(form, -1 if section is None else section)["fields"]
    target.insert(_within(target, position), fresh["key"])
    siblings.append(fresh)
    return _in_layout_order(form)


def new_key(siblings: Iterable[Mapping[str, Any]], field: Mapping[str, Any]) -> str:
    """A free key made from the field's label."""
    taken = {each["key"] for each in siblings} | RESERVED_KEYS
    return derive_key(any_words(field.get("label")), taken, str(field["type"]))


def any_words(text: Any) -> str:
    """The words a key is made from: the English ones where there are several."""
    if isinstance(text, Mapping):
        return str(text.get("en") or next(iter(text.values()), ""))
    return str(text or "")


def duplicate_field(raw: Form, ref: str, label: Any = None) -> Json:
    """The form with a copy of a field right behind it."""
    form = spread(raw)
    siblings, key = _siblings(form, ref)
    original = field_at(form, ref)
    label = label if label is not None else original.get("label")
    twin = {**copy.deepcopy(original), **({} if label is None else {"label": label})}
    taken = {each["key"] for each in _all_of(_owner(form, ref))}
    twin["key"] = derive_key(key, taken | RESERVED_KEYS)
    siblings.insert(siblings.index(original) + 1, twin)
    if "." not in ref:
        number, position = place_of(form, key)
        form["layout"][number]["fields"].insert(position + 1, twin["key"])
    return form


def remove_field(raw: Form, ref: str) -> Json:
    """The form without a field, nor its mentions in layout, views and person."""
    form = spread(raw)
    siblings, key = _siblings(form, ref)
    siblings.remove(field_at(form, ref))
    if "." in ref:
        if not siblings:
            raise StepRefused("last-column")
        return form
    number, position = place_of(form, key)
    del form["layout"][number]["fields"][position]
    _forget(form, key)
    return form


def archive_field(raw: Form, ref: str) -> Json:
    """The form without a field that records hold values of; it waits among the archived ones."""
    field = copy.deepcopy(field_at(raw, ref))
    form = remove_field(raw, ref)
    _owner(form, ref).setdefault("archived", []).append(field)
    return form


def restore_field(raw: Form, ref: str) -> Json:
    """The form with an archived field back at its end."""
    form = spread(raw)
    owner, field = _owner(form, ref), archived_at(form, ref)
    _forget_archived(owner, field)
    owner["fields"].append(field)
    return spread(form)


def add_archived(raw: Form, ref: str, field: Mapping[str, Any]) -> Json:
    """The form with one more archived field; unchanged when its subform is gone."""
    form = copy.deepcopy(dict(raw))
    try:
        owner = _owner(form, ref)
    except StepRefused:
        return form
    owner.setdefault("archived", []).append(copy.deepcopy(dict(field)))
    return form


def purge_field(raw: Form, ref: str) -> Json:
    """The form without an archived field; unchanged when it has none of that name."""
    form = copy.deepcopy(dict(raw))
    try:
        _forget_archived(_owner(form, ref), archived_at(form, ref))
    except StepRefused:
        return form
    return form


def archived_at(raw: Form, ref: str) -> Json:
    """The JSON of one archived field; StepRefused otherwise."""
    key = ref.rpartition(".")[2]
    for each in _owner(raw, ref).get("archived", ()):
        if each["key"] == key:
            found: Json = each
            return found
    raise StepRefused


def move_field(raw: Form, ref: str, section: int, position: int) -> Json:
    """The form with a field at ``position`` of ``section``, counted without the field itself."""
    form = spread(raw)
    siblings, key = _siblings(form, ref)
    if "." in ref:
        field = field_at(form, ref)
        siblings.remove(field)
        siblings.insert(_within(siblings, position), field)
        return form
    number, old = place_of(form, key)
    target = _section(form, section)["fields"]
    del form["layout"][number]["fields"][old]
    target.insert(_within(target, position), key)
    return _in_layout_order(form)


def shift_field(raw: Form, ref: str, by: int) -> Json:
    """The form with a field one place up (``by`` -1) or down (+1), over section borders too."""
    form = spread(raw)
    siblings, key = _siblings(form, ref)
    if "." in ref:
        index = siblings.index(field_at(form, ref))
        return move_field(form, ref, 0, max(0, index + by))
    number, position = place_of(form, key)
    stays = 0 <= position + by < len(form["layout"][number]["fields"])
    if stays:
        return move_field(form, ref, number, position + by)
    if not 0 <= number + by < len(form["layout"]):
        return form
    room = len(form["layout"][number + by]["fields"])
    return move_field(form, ref, number + by, room if by < 0 else 0)


def change_field(raw: Form, ref: str, changes: Mapping[str, Any]) -> Json:
    """The form with settings of a field set; None takes a setting away. The key stays."""
    form = spread(raw)
    field = field_at(form, ref)
    _merge(field, {name: value for name, value in changes.items() if name != "key"})
    return form


def replace_field(raw: Form, ref: str, field: Mapping[str, Any]) -> Json:
    """The form with another definition in the place of a field; its key stays."""
    form = copy.deepcopy(dict(raw))
    siblings, key = _siblings(form, ref)
    index = siblings.index(field_at(form, ref))
    siblings[index] = {**copy.deepcopy(dict(field)), "key": key}
    return form


def label_field(raw: Form, ref: str, words: str, locale: str) -> Json:
    """The form with a field named ``words`` in one language."""
    form = spread(raw)
    field = field_at(form, ref)
    _merge(field, {"label": reworded(field.get("label"), words, locale)})
    return form


def reworded(text: Any, words: str, locale: str) -> Any:
    """An owner's text with its words of one language replaced; None when nothing is left."""
    if not isinstance(text, Mapping):
        return words or None
    left = {**text, locale: words} if words else {k: v for k, v in text.items() if k != locale}
    return left or None


def add_section(raw: Form, title: Any, position: int | None = None) -> Json:
    """The form with an empty section."""
    form = spread(raw)
    sections = form["layout"]
    fresh = {"section": title, "columns": DEFAULT_COLUMNS, "fields": []}
    sections.insert(_within(sections, position), fresh)
    return form


def change_section(raw: Form, section: int, changes: Mapping[str, Any]) -> Json:
    """The form with the title (``section``) or the ``columns`` of a section changed."""
    form = spread(raw)
    found = _section(form, section)
    _merge(found, {name: changes[name] for name in ("section", "columns") if name in changes})
    form["layout"][section] = {n: found[n] for n in ("section", "columns", "fields") if n in found}
    return form


def remove_section(raw: Form, section: int) -> Json:
    """The form without a section; its fields move to the one before, or the one after."""
    form = spread(raw)
    found = _section(form, section)
    if len(form["layout"]) == 1:
        found.pop("section", None)
        return form
    form["layout"].remove(found)
    neighbour = form["layout"][max(0, section - 1)]["fields"]
    neighbour[len(neighbour) if section else 0 :] = (
        found["fields"] if section else [*found["fields"], *neighbour]
    )
    return _in_layout_order(form)


def shift_section(raw: Form, section: int, by: int) -> Json:
    """The form with a section one place up or down."""
    form = spread(raw)
    found = _section(form, section)
    if 0 <= section + by < len(form["layout"]):
        del form["layout"][section]
        form["layout"].insert(section + by, found)
    return _in_layout_order(form)


def add_view(raw: Form, view: Mapping[str, Any]) -> Json:
    """The form with one more saved view; its key is spelled from its label."""
    form = spread(raw)
    views = form.setdefault("views", [])
    key = derive_key(any_words(view.get("label")), {each["key"] for each in views}, "view")
    views.append({"key": key, **copy.deepcopy(dict(view))})
    return form


def remove_view(raw: Form, key: str) -> Json:
    """The form without a saved view."""
    form = spread(raw)
    left = [view for view in form.get("views", ()) if view["key"] != key]
    if len(left) == len(form.get("views", ())):
        raise StepRefused
    _merge(form, {"views": left or None})
    return form


def change_form(raw: Form, changes: Mapping[str, Any]) -> Json:
    """The form with settings of its own changed: label, title, description, icon, person, …"""
    form = spread(raw)
    kept = ("kind", "schema", "key", "fields", "layout")
    _merge(form, {name: value for name, value in changes.items() if name not in kept})
    return form


def place_of(form: Form, key: str) -> tuple[int, int]:
    """(section, position) of a field in a spread form."""
    for number, section in enumerate(form["layout"]):
        if key in section["fields"]:
            return number, section["fields"].index(key)
    raise StepRefused


def _take(waiting: list[str], key: str) -> bool:
    if key not in waiting:
        return False
    waiting.remove(key)
    return True


def _siblings(raw: Form, ref: str) -> tuple[list[Json], str]:
    head, _dot, tail = ref.partition(".")
    if not tail:
        return raw["fields"], head
    for each in raw["fields"]:
        if each["key"] == head and each["type"] == "subform":
            return each["fields"], tail
    raise StepRefused


def _owner(raw: Form, ref: str) -> Json:
    """What holds the field of this name: the form, or the subform before the dot."""
    head, dot, _tail = ref.partition(".")
    if not dot:
        return raw  # type: ignore[return-value]
    owner = field_at(raw, head)
    if owner["type"] != "subform":
        raise StepRefused
    return owner


def _all_of(owner: Mapping[str, Any]) -> list[Json]:
    """The fields in use and the archived ones: their keys are taken."""
    return [*owner["fields"], *owner.get("archived", ())]


def _forget_archived(owner: Json, field: Json) -> None:
    owner["archived"] = [each for each in owner["archived"] if each is not field]
    if not owner["archived"]:
        del owner["archived"]


def _section(form: Form, number: int) -> Json:
    sections = form["layout"]
    if not -len(sections) <= number < len(sections):
        raise StepRefused
    found: Json = sections[number]
    return found


def _within(items: list[Any], position: int | None) -> int:
    return len(items) if position is None else max(0, min(position, len(items)))


def _in_layout_order(form: Json) -> Json:
    """Fields in the order people see, so that lists and exports follow the form."""
    order = [key for section in form["layout"] for key in section["fields"]]
    form["fields"].sort(key=lambda field: order.index(field["key"]))
    return form


def _merge(target: Json, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = copy.deepcopy(value)


def _forget(form: Json, key: str) -> None:
    if "person" in form:
        form["person"] = {role: name for role, name in form["person"].items() if name != key}
    for view in form.get("views", ()):
        for name in ("columns", "sort"):
            if name in view:
                view[name] = [path for path in view[name] if _head(path) != key]


def _head(path: str) -> str:
    return path.removeprefix("-").split(".")[0]
