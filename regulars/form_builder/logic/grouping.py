"""Conditions as groups of rows, changed place by place. Pure.

A place is the way down: ``(1, 0)`` is the first row of the group that stands second. The groups
alternate freely between ``all`` and ``any``; one that has lost its last row goes as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regulars.form_builder.edits import Json, StepRefused

Place = tuple[int, ...]
Group = tuple[str, list[Any]]
"""How rows are joined, and the rows: each a leaf or a group."""

MATCHES = ("all", "any")
DEEPEST = 5
"""Groups within groups that a page still shows well."""


def place_of(text: str) -> Place:
    """``1.0`` as a place; StepRefused for anything else, and for what lies too deep."""
    parts = text.split(".") if text else []
    if len(parts) > DEEPEST or not all(each.isascii() and each.isdecimal() for each in parts):
        raise StepRefused
    if any(len(each) > 3 for each in parts):
        raise StepRefused
    return tuple(map(int, parts))


def text_of(place: Place) -> str:
    """A place as an address and a form carry it."""
    return ".".join(map(str, place))


def match_of(node: Any) -> str | None:
    """How the rows of a group are joined; None for what is a single row."""
    if isinstance(node, Mapping) and len(node) == 1:
        (match,) = node
        if match in MATCHES and isinstance(node[match], list):
            return str(match)
    return None


def group_of(when: Mapping[str, Any] | None) -> Group:
    """A condition as a group of rows; one row alone is a group of one."""
    if not when:
        return "all", []
    match = match_of(when)
    return ("all", [when]) if match is None else (match, list(when[match]))


def find(when: Mapping[str, Any] | None, place: Place) -> Any:
    """What stands at a place; StepRefused when nothing does."""
    _match, rows = group_of(when)
    found = rows[_within(rows, place[0])] if place else {}
    if len(place) <= 1:
        return found
    if match_of(found) is None:
        raise StepRefused
    return find(found, place[1:])


def put(when: Mapping[str, Any] | None, place: Place, row: Json) -> Json | None:
    """The condition with another row at a place."""

    def change(match: str, rows: list[Any]) -> Group:
        rows[_within(rows, place[-1])] = row
        return match, rows

    return _changed(when, place[:-1], change)


def add(when: Mapping[str, Any] | None, group: Place, row: Json) -> Json | None:
    """The condition with one row more at the end of a group."""
    return _changed(when, group, lambda match, rows: (match, [*rows, row]))


def add_group(when: Mapping[str, Any] | None, group: Place, row: Json) -> Json | None:
    """The condition with a group of one row more, joined the other way than what it stands in."""

    def change(match: str, rows: list[Any]) -> Group:
        other = MATCHES[1 - MATCHES.index(match)]
        return match, [*rows, {other: [row]}]

    if len(group) + 2 > DEEPEST:
        raise StepRefused
    return _changed(when, group, change)


def drop(when: Mapping[str, Any] | None, place: Place) -> Json | None:
    """The condition without what stands at a place."""
    if not place:
        raise StepRefused

    def change(match: str, rows: list[Any]) -> Group:
        del rows[_within(rows, place[-1])]
        return match, rows

    return _changed(when, place[:-1], change)


def join(when: Mapping[str, Any] | None, group: Place, match: str) -> Json | None:
    """The condition with a group whose rows all have to hold, or any."""
    if match not in MATCHES:
        raise StepRefused("unknown-step")
    return _changed(when, group, lambda _match, rows: (match, rows))


def _changed(
    when: Mapping[str, Any] | None, group: Place, change: Callable[[str, list[Any]], Group]
) -> Json | None:
    match, rows = group_of(when)
    if not group:
        match, rows = change(match, rows)
        return {match: rows} if rows else None
    at = _within(rows, group[0])
    if match_of(rows[at]) is None:
        raise StepRefused
    inner = _changed(rows[at], group[1:], change)
    rows[at : at + 1] = [] if inner is None else [inner]
    return {match: rows} if rows else None


def _within(rows: list[Any], number: int) -> int:
    if not 0 <= number < len(rows):
        raise StepRefused
    return number
