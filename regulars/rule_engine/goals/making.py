"""A goal made of a rule: which of its values may be asked for anew, and the goal that asks. Pure.

The goal asks which form holds the people, and for the values that were chosen; everything else
stays as the rule has it. A place's path is where its value stands in the rule's JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from regulars.platform.i18n import LOCALES, Text
from regulars.rule_engine.durations import UNITS
from regulars.rule_engine.placing import put

Raw = Mapping[str, Any]

PEOPLE = "people"
_PARTS = ("trigger", "when", "sets", "entry", "goal", "steps")
_KEPT = ("class", "subject", *_PARTS, "guards", "exit", "redeemed")
_NUMBERS = ("n", "last", "offset", "percent", "within_days", "min_gap_days", "per_day")
_TEXTS = ("title", "details", "text")
_COMPARED = ("gt", "gte", "lt", "lte")
_LENGTH = re.compile(r"([1-9]\d{0,4})([mhdw])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_SHORT = {unit[0]: unit for unit in UNITS[:4]}
_MOST = 1_000_000


@dataclass(frozen=True)
class Opening:
    """A value that a goal may ask for: ``number`` (of ``unit``), ``time``, ``text``, ``channel``.

    ``suffix`` is what stands behind the number in the rule, as in ``7d``.
    """

    path: str
    kind: str
    value: Any
    unit: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Question:
    """An opening that shall be asked for, in the owner's words."""

    opening: Opening
    label: Text


def openings_of(rule: Raw) -> list[Opening]:
    """Everything in a rule that may be asked for, in reading order."""
    return [found for part in _PARTS if part in rule for found in _openings(rule[part], part)]


def goal_of(rule: Raw, head: Raw, asked: Sequence[Question], people: Raw) -> dict[str, Any]:
    """The goal that makes such a rule. ``head``: key, label and whatever else goals say of
    themselves, its texts included; ``people``: the place of the form that the rule is about."""
    kept = {name: rule[name] for name in _KEPT if name in rule}
    made = _with_people(kept, rule["subject"])
    places: list[Raw] = [{"key": PEOPLE, "is": "form", **people}]
    names = (f"place_{n}" for n in count(1))
    for question, name in zip(asked, names, strict=False):
        opening = question.opening
        made = put(made, opening.path, f"${{{name}}}{opening.suffix}")
        places.append({"key": name, "label": question.label, **_place(opening)})
    return {"kind": "goal", "schema": 1, **head, "places": places, "rule": made}


def _with_people(part: Any, form: str) -> Any:
    """The rule about whichever form holds the people."""
    if isinstance(part, Mapping):
        return {
            name: f"${{{PEOPLE}}}"
            if name in ("subject", "form") and value == form
            else _with_people(value, form)
            for name, value in part.items()
        }
    return [_with_people(each, form) for each in part] if isinstance(part, list) else part


def _place(opening: Opening) -> dict[str, Any]:
    if opening.kind == "channel":
        return {"is": "channel", "of": PEOPLE}
    if opening.kind != "number":
        return {"is": opening.kind, "default": opening.value}
    least = min(1 if opening.suffix else 0, opening.value)
    return {"is": "number", "default": opening.value, "least": least, "most": _MOST}


def _openings(part: Any, path: str) -> Iterator[Opening]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            here = f"{path}/{name}"
            found = _opening(part, name, value, here)
            if found is not None:
                yield found
            else:
                yield from _openings(value, here)
    elif isinstance(part, list):
        for n, each in enumerate(part):
            if path.endswith("/tags") and isinstance(each, str):
                yield Opening(f"{path}/{n}", "text", each)
            else:
                yield from _openings(each, f"{path}/{n}")


def _opening(owner: Raw, name: str, value: Any, path: str) -> Opening | None:
    if name in _TEXTS or (path == "sets/add"):
        is_text = isinstance(value, str) or (isinstance(value, Mapping) and _is_text(value))
        return Opening(path, "text", value) if is_text and value else None
    if isinstance(value, str):
        return _in_words(owner, name, value, path)
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return Opening(path, "number", value, str(owner.get("unit", _UNIT_OF.get(name, ""))))
    if name == "value" and owner.get("op") in _COMPARED and type(value) is int:
        return Opening(path, "number", value)
    return None


def _in_words(owner: Raw, name: str, value: str, path: str) -> Opening | None:
    length = _LENGTH.fullmatch(value)
    if length is not None:
        return Opening(path, "number", int(length[1]), _SHORT[length[2]], length[2])
    if name == "at" and _CLOCK.fullmatch(value):
        return Opening(path, "time", value)
    if name == "channel" and owner.get("do") == "send_message":
        return Opening(path, "channel", value)
    is_compared = name == "value" and owner.get("op") in _COMPARED
    if is_compared and value.isdecimal() and int(value) <= _MOST:
        return Opening(path, "number", int(value))
    return None


_UNIT_OF = {"offset": "day", "within_days": "day", "min_gap_days": "day", "percent": "percent"}


def _is_text(value: Raw) -> bool:
    return set(value) <= set(LOCALES) and all(isinstance(each, str) for each in value.values())
