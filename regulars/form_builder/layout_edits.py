"""The designer's steps on the layout: sections, pages, tabs, lines and notes. Pure.

As in `edits` a step takes a form's JSON and answers the changed JSON. A part of the layout is
named by its ``id``, or by its number in the list.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from regulars.form_builder.edits import (
    DEFAULT_COLUMNS,
    Form,
    Json,
    StepRefused,
    free_id,
    in_layout_order,
    part_at,
    place_of,
    spread,
)
from regulars.form_builder.layout import CONTAINERS, MARKS, kind_of

PARTS = ("section", "columns", "page", "tab", "divider", "note")
"""What the palette offers: sections with a title, bare columns, and the marks between them."""


def add_part(
    raw: Form, kind: str, words: Any = None, *, before: str | None = None,
    behind: str | None = None,
) -> Json:  # fmt: skip
    """The form with a new part in front of the part ``before``, or last.

    It can stand ``behind`` a field, too: its section is parted there, so that a line or a note
    comes between two fields.
    """
    form = spread(raw)
    parts = form["layout"]
    fresh = _fresh(kind, words)
    spot = _parted(form, behind) if behind else _before(form, before)
    fresh = {"id": free_id(parts), **fresh}
    parts.insert(spot, fresh)
    if kind in CONTAINERS and parts[-1] is fresh:  # somewhere to drop its first field
        parts.append({"id": free_id(parts), "columns": DEFAULT_COLUMNS, "fields": []})
    return in_layout_order(form)


def change_part(raw: Form, part: int | str, changes: Mapping[str, Any]) -> Json:
    """The form with the words, columns or tone of a part changed; None takes them away.

    Pages, tabs and notes cannot be without words: None leaves theirs as they are.
    """
    form = spread(raw)
    found = form["layout"][part_at(form, part)]
    allowed = _settings_of(kind_of(found))
    for name in (each for each in changes if each in allowed):
        value = changes[name]
        if value is not None:
            found[name] = copy.deepcopy(value)
        elif name == "divider":
            found[name] = True
        elif name not in ("page", "tab", "note"):
            found.pop(name, None)
    return form


def remove_part(raw: Form, part: int | str) -> Json:
    """The form without a part; the fields of a section move to the one before, or after.

    The last section only loses its title.
    """
    form = spread(raw)
    number = part_at(form, part)
    found = form["layout"][number]
    if "fields" in found:
        neighbour = _neighbour(form, number)
        if neighbour is None:
            found.pop("section", None)
            return form
        keys = neighbour["fields"]
        spot = len(keys) if form["layout"].index(neighbour) < number else 0
        keys[spot:spot] = found["fields"]
    form["layout"].remove(found)
    return in_layout_order(form)


def move_part(raw: Form, part: int | str, before: str | None) -> Json:
    """The form with a part in front of the part ``before``, or last.

    A page or a tab takes along what it holds; nothing moves into itself.
    """
    form = spread(raw)
    parts = form["layout"]
    start = part_at(form, part)
    block = parts[start : start + _length(parts, start)]
    if before is not None and any(each["id"] == before for each in block):
        return form
    del parts[start : start + len(block)]
    spot = _before(form, before)
    parts[spot:spot] = block
    return in_layout_order(form)


def shift_part(raw: Form, part: int | str, by: int) -> Json:
    """The form with a part one place up (``by`` -1) or down (+1), over its neighbour of a kind.

    A page trades places with the page beside it; anything else moves over one part.
    """
    form = spread(raw)
    parts = form["layout"]
    start = part_at(form, part)
    end = start + _length(parts, start)
    kind = kind_of(parts[start])
    if by < 0:
        spot = _start_before(parts, start, kind)
        return form if spot is None else move_part(form, parts[start]["id"], parts[spot]["id"])
    if end >= len(parts):
        return form
    after = end + (_length(parts, end) if kind_of(parts[end]) == kind else 1)
    before = parts[after]["id"] if after < len(parts) else None
    return move_part(form, parts[start]["id"], before)


def _fresh(kind: str, words: Any) -> Json:
    if kind == "columns":
        return {"columns": DEFAULT_COLUMNS, "fields": []}
    if kind == "section":
        named = {} if words is None else {"section": words}
        return {**named, "columns": DEFAULT_COLUMNS, "fields": []}
    if kind in MARKS:
        return {kind: words if words is not None else (True if kind == "divider" else kind)}
    raise StepRefused("unknown-step")


def _settings_of(kind: str) -> tuple[str, ...]:
    if kind == "section":
        return ("section", "columns")
    return (kind, "tone") if kind == "note" else (kind,)


def _before(form: Json, part: str | None) -> int:
    return len(form["layout"]) if part is None else part_at(form, part)


def _parted(form: Json, key: str) -> int:
    """Part the section of a field right behind it; where the new part goes."""
    parts = form["layout"]
    number, position = place_of(form, key)
    rest = parts[number]["fields"][position + 1 :]
    if rest:
        del parts[number]["fields"][position + 1 :]
        columns = parts[number].get("columns", 1)
        parts.insert(number + 1, {"id": free_id(parts), "columns": columns, "fields": rest})
    return number + 1


def _neighbour(form: Json, number: int) -> Json | None:
    """The section before this one, or after it."""
    parts = form["layout"]
    others = [*parts[:number][::-1], *parts[number + 1 :]]
    return next((part for part in others if "fields" in part), None)


def _length(parts: list[Json], start: int) -> int:
    """How many parts a part is made of, with what a page or a tab holds."""
    kind = kind_of(parts[start])
    if kind not in CONTAINERS:
        return 1
    ends = ("page",) if kind == "page" else CONTAINERS
    rest = parts[start + 1 :]
    return 1 + next((n for n, each in enumerate(rest) if kind_of(each) in ends), len(rest))


def _start_before(parts: list[Json], start: int, kind: str) -> int | None:
    """Where what stands before begins: for a page or a tab the one before, if there is one."""
    if start == 0:
        return None
    if kind not in CONTAINERS:
        return start - 1
    ends = ("page",) if kind == "page" else CONTAINERS
    found = [n for n in range(start) if kind_of(parts[n]) in ends]
    return found[-1] if found else 0
