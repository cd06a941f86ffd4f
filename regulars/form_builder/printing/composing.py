"""The steps of the layout editor as pure functions: a layout's JSON in, the changed JSON out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from regulars.form_builder.printing.definition import BLOCKS

Json = dict[str, Any]
MOST_BLOCKS = 60
HEIGHTS = (2, 5, 10, 15, 20, 30, 40, 60, 80)

_FRESH: Mapping[str, Json] = {
    "fields": {"columns": 1},
    "code": {"as": "qr"},
    "picture": {"height": 30},
    "space": {"height": 5},
}


def after_wish(raw: Mapping[str, Any], wish: str) -> Json:
    """The layout after ``add text``, ``up 2``, ``down 2``, ``double 2`` or ``remove 2``.

    ``raise 2 name`` puts a value of a block one place forward, ``drop 2 name`` takes it out. What
    makes no sense changes nothing.
    """
    made = copy.deepcopy(dict(raw))
    do, _, rest = wish.partition(" ")
    number, _, name = rest.partition(" ")
    blocks: list[Json] = made["blocks"]
    if do == "add" and rest in BLOCKS and len(blocks) < MOST_BLOCKS:
        blocks.append({"block": rest, **_FRESH.get(rest, {})})
    elif number.isdecimal() and int(number) < len(blocks):
        at = int(number)
        if name and do in _ON_VALUES:
            _ON_VALUES[do](blocks[at], name)
        elif not name and do in _ON_BLOCKS:
            _ON_BLOCKS[do](blocks, at)
    return made


def _up(blocks: list[Json], at: int) -> None:
    if at > 0:
        blocks[at - 1], blocks[at] = blocks[at], blocks[at - 1]


def _down(blocks: list[Json], at: int) -> None:
    if at + 1 < len(blocks):
        blocks[at + 1], blocks[at] = blocks[at], blocks[at + 1]


def _double(blocks: list[Json], at: int) -> None:
    if len(blocks) < MOST_BLOCKS:
        blocks.insert(at + 1, copy.deepcopy(blocks[at]))


def _remove(blocks: list[Json], at: int) -> None:
    del blocks[at]


def _raise(block: Json, name: str) -> None:
    fields = block.get("fields", [])
    if name in fields[1:]:
        at = fields.index(name)
        fields[at - 1], fields[at] = fields[at], fields[at - 1]


def _drop(block: Json, name: str) -> None:
    for part in ("fields", "total"):
        if name in block.get(part, ()):
            block[part].remove(name)


_ON_BLOCKS: Mapping[str, Callable[[list[Json], int], None]] = {
    "up": _up, "down": _down, "double": _double, "remove": _remove,
}  # fmt: skip
_ON_VALUES: Mapping[str, Callable[[Json, str], None]] = {"raise": _raise, "drop": _drop}
