"""Several fields of a form at once: moved, copied, taken away; and what the clipboard holds. Pure.

A clip is JSON that people can keep: ``{"kind": "fields", "schema": 1, "fields": […]}``. Pasting it
into any form gives its fields keys that are free there.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.form_builder import edits
from regulars.form_builder.definition import RESERVED_KEYS
from regulars.form_builder.edits import Form, Json, StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.subform import NESTABLE
from regulars.form_builder.keys import derive_key
from regulars.form_builder.schema import field_problems
from regulars.platform.problems import Problem, under

KIND = "fields"
MOST_FIELDS = 500


def in_order(raw: Form, refs: Iterable[str]) -> list[str]:
    """The refs that this form has, as they stand on it; columns of a subform behind its own."""
    wanted = set(refs)
    found = []
    for part in edits.spread(raw)["layout"]:
        for key in part.get("fields", ()):
            inner = edits.field_at(raw, key).get("fields", ())
            found += [r for r in (key, *(f"{key}.{c['key']}" for c in inner)) if r in wanted]
    return [ref for ref in found if "." not in ref or ref.partition(".")[0] not in wanted]


def copied(raw: Form, refs: Iterable[str]) -> Json:
    """The clip with these fields, in the order of the form."""
    found = [copy.deepcopy(edits.field_at(raw, ref)) for ref in in_order(raw, refs)]
    fields = [{name: v for name, v in each.items() if name != "archived"} for each in found]
    return {"kind": KIND, "schema": 1, "fields": fields}


def read_clip(clip: Any) -> tuple[list[Json], list[Problem]]:
    """(the fields of a clip, every problem it has); nobody knows where such JSON comes from."""
    if not isinstance(clip, Mapping) or clip.get("kind") != KIND:
        return [], [Problem("", "no-clip", {})]
    fields = clip.get("fields")
    if not isinstance(fields, list) or not 0 < len(fields) <= MOST_FIELDS:
        return [], [Problem("fields", "no-clip", {})]
    if not all(isinstance(each, Mapping) for each in fields):
        return [], [Problem("fields", "no-clip", {})]
    problems = [
        each
        for number, field in enumerate(fields)
        for each in under(f"fields/{number}", field_problems(field))
    ]
    return ([], problems) if problems else (fields, [])


def paste(
    raw: Form, fields: Sequence[Mapping[str, Any]], section: int | str | None = None,
    position: int | None = None, into: str | None = None,
) -> Json:  # fmt: skip
    """The form with copies of ``fields`` from ``position`` of ``section`` on, under free keys."""
    form = edits.spread(raw)
    owner = edits.holder(form, into)
    for offset, field in enumerate(fields):
        if into is not None and field["type"] not in NESTABLE:
            raise StepRefused("not-in-rows")
        taken = {each["key"] for each in (*owner["fields"], *owner.get("archived", ()))}
        key = derive_key(str(field["key"]), taken | RESERVED_KEYS)
        fresh = {**copy.deepcopy(dict(field)), "key": key}
        spot = None if position is None else position + offset
        form = edits.add_field(form, fresh, section=section, position=spot, into=into)
        owner = edits.holder(form, into)
    return form


def move_fields(raw: Form, refs: Iterable[str], section: int | str, position: int | None) -> Json:
    """The form with these fields one behind the other from ``position`` of ``section`` on.

    The position is counted without the fields that move; None is the end.
    """
    form = edits.spread(raw)
    keys = [ref for ref in in_order(form, refs) if "." not in ref]
    target = form["layout"][edits.part_at(form, section)]
    if "fields" not in target:
        raise StepRefused
    for part in form["layout"]:
        if "fields" in part:
            part["fields"] = [key for key in part["fields"] if key not in keys]
    spot = len(target["fields"]) if position is None else max(0, position)
    target["fields"][spot:spot] = keys
    return edits.in_layout_order(form)


def retype_field(raw: Form, ref: str, fresh: Mapping[str, Any]) -> Json:
    """The form with a field become another type: ``fresh`` are its settings, the rest stays.

    For fields that no record holds values of; those change by a job that shows what it would do.
    """
    field = edits.field_at(raw, ref)
    kind = field_types.get(str(fresh["type"]))
    if "." in ref and kind.name not in NESTABLE:
        raise StepRefused("not-in-rows")
    kept: Json = {
        name: field[name] for name in ("label", "help", "width", "required") if name in field
    }
    if kind.may_be_unique and field.get("unique"):
        kept["unique"] = True
    shared = {name: field[name] for name in kind.settings if name in field and name != "fields"}
    wish = {**fresh, **shared, **kept, "key": field["key"]}
    fits = not field_problems(wish)
    return edits.replace_field(raw, ref, wish if fits else {**fresh, **kept})
