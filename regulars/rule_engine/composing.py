"""Composer steps as pure functions: a rule's JSON in, the changed JSON out.

Places are those of problems and traces: a step at ``steps/1/then/0``, a block at ``steps/1/then``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regulars.rule_engine.definition import BLOCKS
from regulars.rule_engine.placing import NoSuchPlace

Raw = Mapping[str, Any]


def blank_rule(key: str, label: str, rule_class: str, subject: str) -> dict[str, Any]:
    """What a new rule begins with: a look once a day, no condition, no steps."""
    rule: dict[str, Any] = {
        "kind": "rule",
        "schema": 1,
        "key": key,
        "label": label,
        "class": rule_class,
        "subject": subject,
    }
    if rule_class == "report":
        del rule["subject"]
        rule["trigger"] = {"on": "scan", "every": "week", "weekday": 0, "at": "08:00"}
        rule["steps"] = []
    if rule_class == "journey":
        rule["trigger"] = {"on": "scan", "every": "day", "at": "10:00"}
        rule["guards"] = {"purpose": "marketing"}
        rule["steps"] = []
    return rule


def with_part(raw: Raw, name: str, value: Any) -> dict[str, Any]:
    """The rule with one part replaced; an empty part goes."""
    changed = copy.deepcopy(dict(raw))
    if value in (None, {}, [], ""):
        changed.pop(name, None)
    else:
        changed[name] = copy.deepcopy(value)
    return changed


def step_at(raw: Raw, path: str) -> Raw:
    """The step at a place; NoSuchPlace otherwise."""
    block, position = _block_of(raw, path)
    return block[position]  # type: ignore[no-any-return]


def add_step(raw: Raw, block: str, step: Raw, position: int | None = None) -> dict[str, Any]:
    """A step more in a block, at the end or before the step at ``position``."""
    changed = copy.deepcopy(dict(raw))
    steps = _steps_of(changed, block)
    made = copy.deepcopy(dict(step))
    made.setdefault("id", free_id(changed))
    steps.insert(len(steps) if position is None else position, made)
    return changed


def change_step(raw: Raw, path: str, step: Raw) -> dict[str, Any]:
    """Other settings for the step at ``path``; its id and the steps below it stay."""
    changed = copy.deepcopy(dict(raw))
    block, position = _block_of(changed, path)
    before = block[position]
    same = before.get("do") == step.get("do")
    kept = {name: before[name] for name in ("id", *(BLOCKS if same else ())) if name in before}
    block[position] = {**copy.deepcopy(dict(step)), **kept}
    return changed


def remove_step(raw: Raw, path: str) -> dict[str, Any]:
    """The rule without this step and all below it."""
    changed = copy.deepcopy(dict(raw))
    block, position = _block_of(changed, path)
    del block[position]
    return changed


def move_step(raw: Raw, path: str, by: int) -> dict[str, Any]:
    """The step a place up (-1) or down (+1) within its block; at the edge it stays."""
    changed = copy.deepcopy(dict(raw))
    block, position = _block_of(changed, path)
    target = position + by
    if 0 <= target < len(block):
        block[position], block[target] = block[target], block[position]
    return changed


def free_id(*rules: Raw) -> str:
    """The first of s1, s2, … that no step of these states of a rule has."""
    taken = {step.get("id") for raw in rules for step in every_step(raw.get("steps", ()))}
    number = 1
    while f"s{number}" in taken:
        number += 1
    return f"s{number}"


def every_step(steps: Sequence[Raw]) -> Iterator[Raw]:
    """All steps with those below them, in reading order."""
    for step in steps:
        yield step
        for name in BLOCKS:
            yield from every_step(step.get(name, ()))


def _steps_of(raw: dict[str, Any], block: str) -> list[Any]:
    """The list of steps at a block's place; made when the step has the block but no steps yet."""
    here: Any = raw
    parts = block.split("/")
    for position, part in enumerate(parts):
        if isinstance(here, list):
            if not part.isdecimal() or int(part) >= len(here):
                raise NoSuchPlace
            here = here[int(part)]
        else:
            is_block = part in ("steps", *BLOCKS)
            if not is_block or not isinstance(here, dict):
                raise NoSuchPlace
            here = here.setdefault(part, [])
        if position == len(parts) - 1 and not isinstance(here, list):
            raise NoSuchPlace
    return here  # type: ignore[no-any-return]


def _block_of(raw: Raw, path: str) -> tuple[list[Any], int]:
    block, _slash, last = path.rpartition("/")
    if not last.isdecimal():
        raise NoSuchPlace
    here: Any = raw
    for part in block.split("/"):
        if isinstance(here, list):
            here = here[int(part)] if part.isdecimal() and int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, Mapping) else None
        if here is None:
            raise NoSuchPlace
    if not isinstance(here, list) or int(last) >= len(here):
        raise NoSuchPlace
    return here, int(last)
