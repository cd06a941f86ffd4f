"""``{"record": "city"}`` in a condition on linked records: the record being filled in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

RECORD = "record"
_MOST = 24  # levels; a condition itself is never deeper
NEVER: Mapping[str, Any] = {"any": []}
Raw = Mapping[str, Any]


def outer_paths(where: Raw) -> Iterator[tuple[str, str, Raw]]:
    """(place of the leaf with its slash, path of the record's field, leaf) of every such value."""
    for place, leaf in _leaves("", where, 0):
        if _is_outer(leaf.get("value")):
            yield place, str(leaf["value"][RECORD]), leaf


def without_outer(where: Raw) -> Any:
    """The condition with such comparisons left open, so that the rest can be checked."""
    return _mapped(where, lambda leaf: {"field": leaf.get("field"), "op": "is_not_empty"}, 0)


def filled_in(where: Raw, value_of: Callable[[str], Any]) -> Any:
    """The condition with the record's values; a comparison with a missing one never holds."""

    def filled(leaf: Raw) -> Any:
        value = value_of(str(leaf["value"][RECORD]))
        return NEVER if value is None else {**leaf, "value": value}

    return _mapped(where, filled, 0)


def _mapped(where: Any, change: Callable[[Raw], Any], depth: int) -> Any:
    if not isinstance(where, Mapping) or depth > _MOST:
        return where
    if _is_outer(where.get("value")):
        return change(where)
    return {
        key: [_mapped(each, change, depth + 1) for each in part]
        if key in ("all", "any") and isinstance(part, list)
        else _mapped(part, change, depth + 1)
        if key == "not"
        else part
        for key, part in where.items()
    }


def _leaves(place: str, where: Any, depth: int) -> Iterator[tuple[str, Raw]]:
    if not isinstance(where, Mapping) or depth > _MOST:
        return
    for key, part in where.items():
        if key in ("all", "any") and isinstance(part, list):
            for number, each in enumerate(part):
                yield from _leaves(f"{place}{key}/{number}/", each, depth + 1)
        elif key == "not":
            yield from _leaves(f"{place}not/", part, depth + 1)
    if "field" in where:
        yield place, where


def _is_outer(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {RECORD}
