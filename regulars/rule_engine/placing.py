"""Places inside the JSON of a rule: look at one, put something there, take it away. Pure.

A place is what problems and traces use: ``steps/1/then/0``, ``exit/0/where``, ``when/all/2``.
Every change gives a new rule; the one given stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Raw = Mapping[str, Any]
MATCHES = ("all", "any")


class NoSuchPlace(LookupError):
    """The rule changed in the meantime: there is nothing at this place any more."""


def find_at(raw: Raw, place: str) -> Any:
    """What stands at a place; None when there is nothing."""
    here: Any = raw
    for part in place.split("/"):
        if isinstance(here, Mapping):
            here = here.get(part)
        elif isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            here = here[int(part)]
        else:
            return None
    return here


def get_at(raw: Raw, place: str) -> Any:
    """What stands at a place; NoSuchPlace when there is nothing."""
    found = find_at(raw, place)
    if found is None:
        raise NoSuchPlace
    return found


def put(raw: Raw, place: str, value: Any) -> dict[str, Any]:
    """The rule with ``value`` at a place; what it stands in must be there."""
    changed, owner, last = _owner(raw, place)
    if isinstance(owner, dict):
        owner[last] = copy.deepcopy(value)
    elif isinstance(owner, list) and last.isdecimal() and int(last) < len(owner):
        owner[int(last)] = copy.deepcopy(value)
    else:
        raise NoSuchPlace
    return changed


def append(raw: Raw, place: str, value: Any) -> dict[str, Any]:
    """The rule with ``value`` at the end of the list at a place, which may not be there yet."""
    known = find_at(raw, place)
    if known is not None and not isinstance(known, list):
        raise NoSuchPlace
    return put(raw, place, [*(known or []), value])


def take(raw: Raw, place: str) -> dict[str, Any]:
    """The rule without what stands at a place; a list of nothing goes with it."""
    get_at(raw, place)
    changed, owner, last = _owner(raw, place)
    if isinstance(owner, dict):
        del owner[last]
        return changed
    del owner[int(last)]
    return changed if owner else take(changed, place.rpartition("/")[0])


def _owner(raw: Raw, place: str) -> tuple[dict[str, Any], Any, str]:
    changed = copy.deepcopy(dict(raw))
    above, _slash, last = place.rpartition("/")
    return changed, (get_at(changed, above) if above else changed), last


# Conditions: leaves in groups of all or any, each of them at its own place


def root_of(place: str) -> str:
    """Where the condition begins that a place belongs to: its last ``when`` or ``where``."""
    parts = place.split("/")
    for end in range(len(parts), 0, -1):
        if parts[end - 1] in ("when", "where"):
            return "/".join(parts[:end])
    raise NoSuchPlace


def match_of(node: Any) -> str | None:
    """How a group joins its parts; None for what is no group."""
    if isinstance(node, Mapping) and len(node) == 1:
        match = next(iter(node))
        if match in MATCHES and isinstance(node[match], list):
            return str(match)
    return None


def join(raw: Raw, place: str, row: Raw, match: str = "all") -> dict[str, Any]:
    """The condition at a place and ``row``: both (``all``) or either (``any``)."""
    node = find_at(raw, place)
    if not node:
        return put(raw, place, dict(row))
    same = match_of(node)
    if same is not None and (same == match or place == root_of(place)):
        return append(raw, f"{place}/{same}", dict(row))
    return put(raw, place, {match: [node, dict(row)]})


def drop(raw: Raw, place: str) -> dict[str, Any]:
    """The rule without one part of a condition; a group of one becomes that one."""
    get_at(raw, place)
    if place == root_of(place):
        return take(raw, place)
    above, _slash, last = place.rpartition("/")
    if last == "not":
        return drop(raw, above)
    rest = [each for n, each in enumerate(get_at(raw, above)) if str(n) != last]
    group = above.rpartition("/")[0]
    if not rest:
        return drop(raw, group)
    return put(raw, group, rest[0]) if len(rest) == 1 else put(raw, above, rest)


def turn(raw: Raw, place: str, match: str) -> dict[str, Any]:
    """The group at a place with its parts joined in another way."""
    node = get_at(raw, place)
    known = match_of(node)
    if known is None or match not in MATCHES:
        raise NoSuchPlace
    return put(raw, place, {match: node[known]})


def negate(raw: Raw, place: str) -> dict[str, Any]:
    """The opposite of what stands at a place."""
    node = get_at(raw, place)
    if isinstance(node, Mapping) and set(node) == {"not"}:
        return put(raw, place, node["not"])
    return put(raw, place, {"not": node})
