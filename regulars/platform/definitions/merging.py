"""Three versions of one JSON document brought together: the base, mine, theirs. Pure.

Objects are merged property by property. A list whose items name themselves (``key``, ``id``,
``as``, ``value``) is merged item by item, a list of distinct words as an ordered set, a list of
the same length position by position; any other list is one value. What both sides changed
differently is a `Clash`; the result then holds what is mine there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("key", "id", "as", "value")


class _Absent:
    """Stands for a property or item that one side does not have."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


@dataclass(frozen=True)
class Clash:
    """One place that both sides changed, each in its own way; a side may be `ABSENT`.

    ``path`` names it (``fields/mobile/label``: items of a list by their own name).
    """

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True)
class Merged:
    """``value`` holds both sides' changes; where they clash, mine."""

    value: Any
    clashes: tuple[Clash, ...]


def merge(base: Any, mine: Any, theirs: Any) -> Merged:
    """The document with what changed from ``base`` to ``mine`` and from ``base`` to ``theirs``."""
    clashes: list[Clash] = []
    value = _merge("", (base, mine, theirs), clashes)
    return Merged(value, tuple(clashes))


def changed_paths(before: Any, after: Any) -> list[str]:
    """The places where two documents differ, as deep as they can be told apart."""
    if same(before, after):
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _below({str(k): (before.get(k, ABSENT), after.get(k, ABSENT))
                       for k in dict.fromkeys([*before, *after])})  # fmt: skip
    if isinstance(before, list) and isinstance(after, list):
        name = _name_of([before, after])
        if name is not None:
            old, new = _by_name(before, name), _by_name(after, name)
            pairs = {
                k: (old.get(k, ABSENT), new.get(k, ABSENT)) for k in dict.fromkeys([*old, *new])
            }
            return _below(pairs) or [""]
    return [""]


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: ``True`` is not ``1``."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return bool(one == other) and _text(one) == _text(other)


Three = tuple[Any, Any, Any]


def _merge(path: str, three: Three, clashes: list[Clash]) -> Any:
    base, mine, theirs = three
    if same(mine, theirs) or same(base, theirs):
        return mine
    if same(base, mine):
        return theirs
    if all(isinstance(each, Mapping) for each in (mine, theirs)):
        known = base if isinstance(base, Mapping) else {}
        return _merge_objects(path, (known, mine, theirs), clashes)
    if all(isinstance(each, list) for each in three):
        way = _way(three)
        if way is not None:
            return way(path, three, clashes)
    clashes.append(Clash(path, base, mine, theirs))
    return mine


def _merge_objects(path: str, three: Three, clashes: list[Clash]) -> dict[str, Any]:
    base, mine, theirs = three
    merged = {}
    for key in dict.fromkeys([*mine, *theirs, *base]):
        sides = (base.get(key, ABSENT), mine.get(key, ABSENT), theirs.get(key, ABSENT))
        value = _merge(_join(path, str(key)), sides, clashes)
        if value is not ABSENT:
            merged[key] = value
    return merged


Way = Callable[[str, Three, list[Clash]], Any]


def _way(three: Sequence[list[Any]]) -> Way | None:
    """How these three lists can be merged more finely than as one value."""
    if _name_of(three) is not None:
        return _merge_named
    if all(_are_words(each) for each in three):
        return _merge_words
    if len({len(each) for each in three}) == 1:
        return _merge_positions
    return None


def _merge_named(path: str, three: Three, clashes: list[Clash]) -> list[Any]:
    name = str(_name_of(three))
    base, mine, theirs = (_by_name(each, name) for each in three)
    merged: dict[str, Any] = {}
    for key in dict.fromkeys([*mine, *theirs, *base]):
        sides = (base.get(key, ABSENT), mine.get(key, ABSENT), theirs.get(key, ABSENT))
        value = _merge(_join(path, key), sides, clashes)
        if value is not ABSENT:
            merged[key] = value
    order = _order([list(each) for each in (base, mine, theirs)], merged)
    return [merged[key] for key in order]


def _merge_words(path: str, three: Three, clashes: list[Clash]) -> list[Any]:
    """A word stays unless somebody took it away; order as in `_order`."""
    base, mine, theirs = three
    gone = {word for word in base if word not in mine or word not in theirs}
    kept = {word for word in (*mine, *theirs) if word not in gone}
    return _order([list(each) for each in three], kept)


def _merge_positions(path: str, three: Three, clashes: list[Clash]) -> list[Any]:
    return [
        _merge(_join(path, str(number)), sides, clashes)
        for number, sides in enumerate(zip(*three, strict=True))
    ]


def _order(three: Sequence[Sequence[Any]], kept: Iterable[Any]) -> list[Any]:
    """The kept items: in the order of whoever moved known ones, new ones behind their neighbour.

    When both moved known items, mine counts. What two people added at one spot is sorted, so
    that the answer does not depend on whose turn it is.
    """
    wanted = set(kept)
    base, mine, theirs = ([each for each in side if each in wanted] for side in three)
    shared = [each for each in base if each in mine and each in theirs]
    leading = theirs if _only(mine, shared) == shared else mine
    row = _only(leading, [*shared, *(each for each in leading if each not in base)])
    known = set(row)
    other = mine if leading is theirs else theirs
    for position, each in enumerate(other):
        if each in known:
            continue
        before = next((w for w in reversed(other[:position]) if w in known), None)
        spot = 0 if before is None else row.index(before) + 1
        added_here = set(row) - set(shared)
        while spot < len(row) and row[spot] in added_here and str(row[spot]) < str(each):
            spot += 1
        row.insert(spot, each)
        known.add(each)
    return row


def _only(row: Sequence[Any], kept: Iterable[Any]) -> list[Any]:
    wanted = set(kept)
    return [each for each in row if each in wanted]


def _name_of(lists: Sequence[list[Any]]) -> str | None:
    """The property by which every item of every list names itself, once each."""
    for name in NAMES:
        if any(lists) and all(_is_named_by(each, name) for each in lists):
            return name
    return None


def _is_named_by(items: list[Any], name: str) -> bool:
    if not all(isinstance(item, Mapping) and isinstance(item.get(name), str) for item in items):
        return False
    return len({item[name] for item in items}) == len(items)


def _by_name(items: Iterable[Any], name: str) -> dict[str, Any]:
    return {item[name]: item for item in items}


def _are_words(items: list[Any]) -> bool:
    return all(isinstance(each, str) for each in items) and len(set(items)) == len(items)


def _below(pairs: Mapping[str, tuple[Any, Any]]) -> list[str]:
    found = []
    for key, (old, new) in pairs.items():
        if old is ABSENT or new is ABSENT:
            found.append(key)
        else:
            found += [_join(key, path) for path in changed_paths(old, new)]
    return found


def _join(path: str, key: str) -> str:
    return f"{path}/{key}".strip("/")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
