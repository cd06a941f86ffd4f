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
    """A copy whose layout names every field once, and every part of the layout by an ``id``.

    What no section named follows at the end.
    """
    form = copy.deepcopy(dict(raw))
    parts = form.setdefault("layout", [])
    waiting = dict.fromkeys(field["key"] for field in form.setdefault("fields", []))
    for part in parts:
        if "fields" in part:
            part["fields"] = [key for key in part["fields"] if _take(waiting, key)]
    if waiting or not any("fields" in part for part in parts):
        if not parts or "fields" not in parts[-1] or "section" in parts[-1]:
            parts.append({"columns": DEFAULT_COLUMNS, "fields": []})
        parts[-1]["fields"] += waiting
    form["layout"] = _named(parts)
    return form


def free_id(parts: Iterable[Mapping[str, Any]]) -> str:
    """A name that no part of the layout has."""
    taken = {part.get("id") for part in parts}
    return next(name for n in range(1, len(taken) + 2) if (name := f"part{n}") not in taken)


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
    section: int | str | None = None,
    position: int | None = None,
    into: str | None = None,
) -> Json:
    """The form with ``field`` (a type, its settings, a label); a missing key is made.

    It goes to ``position`` of ``section`` (both default to the end), or into the subform ``into``.
    """
    form = spread(raw)
    owner = holder(form, into)
    siblings = owner["fields"]
    fresh = {"key": field.get("key") or new_key(_all_of(owner), field), **field}
    if into is not None:
        siblings.insert(_within(siblings, position), fresh)
        return form
    target = _section(form, -1 if section is None else section)["fields"]
    target.insert(_within(target, position), fresh["key"])
    siblings.append(fresh)
    return in_layout_order(form)


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


def move_field(raw: Form, ref: str, section: int | str, position: int) -> Json:
    """The form with a field at ``position`` of ``section`` (its id, or its number in the layout).

    Positions are counted without the field itself; columns of a subform only have a position.
    """
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
    return in_layout_order(form)


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
    beyond = form["layout"][number + 1 :] if by > 0 else form["layout"][:number][::-1]
    other = next((part for part in beyond if "fields" in part), None)
    if other is None:
        return form
    return move_field(form, ref, other["id"], len(other["fields"]) if by < 0 else 0)


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


def change_form(raw: Form, changes: Mapping[str, Any]) -> Json:
    """The form with settings of its own changed: label, title, description, icon, person, …"""
    form = spread(raw)
    kept = ("kind", "schema", "key", "fields", "layout")
    _merge(form, {name: value for name, value in changes.items() if name not in kept})
    return form


def place_of(form: Form, key: str) -> tuple[int, int]:
    """(number of the part in the layout, position) of a field in a spread form."""
    for number, part in enumerate(form["layout"]):
        if key in part.get("fields", ()):
            return number, part["fields"].index(key)
    raise StepRefused


def part_at(form: Form, part: int | str) -> int:
    """The number of a part of the layout, by its id or its own number; -1 is the last section."""
    for number, each in enumerate(form["layout"]):
        if part in (each["id"], number):
            return number
    if part == -1:
        return max(n for n, each in enumerate(form["layout"]) if "fields" in each)
    raise StepRefused


def in_layout_order(form: Json) -> Json:
    """Fields in the order people see, so that lists and exports follow the form."""
    keys = [key for part in form["layout"] for key in part.get("fields", ())]
    order = {key: position for position, key in enumerate(keys)}
    form["fields"].sort(key=lambda field: order[field["key"]])
    return form


def _take(waiting: dict[str, None], key: str) -> bool:
    return key in waiting and waiting.pop(key) is None


def _named(parts: list[Json]) -> list[Json]:
    """The parts; one without a name, or with a name that is taken, gets a free one."""
    known: set[str] = set()
    named: list[Json] = []
    for part in parts:
        mine = part.get("id")
        if not mine or mine in known:
            mine = free_id([*parts, *named])
        known.add(mine)
        named.append({**part, "id": mine})
    return named


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
    return holder(raw, head if dot else None)


def holder(raw: Form, into: str | None) -> Json:
    """The form, or its subform ``into``; StepRefused when that is none."""
    if into is None:
        return raw  # type: ignore[return-value]
    owner = field_at(raw, into)
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


def _section(form: Form, section: int | str) -> Json:
    found: Json = form["layout"][part_at(form, section)]
    if "fields" not in found:
        raise StepRefused
    return found


def _within(items: list[Any], position: int | None) -> int:
    return len(items) if position is None else max(0, min(position, len(items)))


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
        for name in ("columns", "sort", "pinned"):
            if name in view:
                view[name] = [path for path in view[name] if _head(path) != key]
        for name in ("widths", "summaries"):
            if name in view:
                view[name] = {p: given for p, given in view[name].items() if _head(p) != key}
        if "group" in view:
            view["group"] = [each for each in view["group"] if _head(each["field"]) != key]
        if key in (view.get("by"), view.get("cover")):
            for name in ("type", "by", "cover"):
                view.pop(name, None)


def _head(path: str) -> str:
    return path.removeprefix("-").split(".")[0]
