"""A goal as frozen objects, parsed once from its JSON; its places filled in. Pure.

A goal holds a rule (and the texts it sends) in which ``${place}`` stands for what only the shop
knows: which form holds its people, which date, how many days. What a part needs is said by
``"$if": "place"``: without that place the part goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.platform.i18n import Text

Raw = Mapping[str, Any]
Values = Mapping[str, str | int]

SLOT = re.compile(r"\$\{([a-z](?:_?[a-z0-9]){0,47})\}")
IF, UNLESS = "$if", "$unless"
BY_CHOICE = ("form", "link", "related", "field", "option", "channel")
"""Kinds of places that are chosen from what the shop has; the others are typed."""


@dataclass(frozen=True)
class Place:
    """One thing only the shop knows. ``settings`` are its kind's own."""

    key: str
    kind: str
    label: Text
    help: Text | None = None
    optional: bool = False
    settings: Raw = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Raw) -> Place:
        """The place of a checked JSON object."""
        common = ("key", "is", "label", "help", "optional")
        own = {name: value for name, value in raw.items() if name not in common}
        optional = bool(raw.get("optional", False))
        return cls(raw["key"], raw["is"], raw["label"], raw.get("help"), optional, own)

    @property
    def needs(self) -> tuple[str, ...]:
        """The places that must be filled before this one can be."""
        names = (self.settings.get(name) for name in ("of", "links_to", "leads_to"))
        return tuple(str(name) for name in names if name)

    @property
    def hints(self) -> tuple[str, ...]:
        """Words by which the likeliest candidate is known, the best first."""
        return tuple(self.settings.get("hints", ()))


@dataclass(frozen=True)
class Goal:
    """What somebody may want to achieve, and the rule that does it."""

    key: str
    label: Text
    places: tuple[Place, ...]
    rule: Raw
    description: Text | None = None
    icon: str = "target"
    messages: tuple[Raw, ...] = ()

    @classmethod
    def from_json(cls, raw: Raw) -> Goal:
        """The goal of a JSON object whose shape has been checked."""
        return cls(
            raw["key"],
            raw["label"],
            tuple(Place.from_json(each) for each in raw["places"]),
            raw["rule"],
            raw.get("description"),
            raw.get("icon", "target"),
            tuple(raw.get("messages", ())),
        )

    def place(self, key: str) -> Place | None:
        """The place of this name, or None."""
        return next((each for each in self.places if each.key == key), None)


def filled(raw: Any, values: Values) -> Any:
    """A part of a goal with its places filled; a text that is one place alone takes its value."""
    if isinstance(raw, str):
        alone = SLOT.fullmatch(raw)
        if alone:
            return values.get(alone[1], "")
        return SLOT.sub(lambda found: str(values.get(found[1], "")), raw)
    if isinstance(raw, Mapping):
        return {
            str(filled(name, values)): filled(value, values)
            for name, value in raw.items()
            if name not in (IF, UNLESS)
            and _stays(value, values)
            and _is_known(name, value, values)
        }
    if isinstance(raw, list | tuple):
        return [filled(each, values) for each in raw if _stays(each, values)]
    return raw


def _stays(part: Any, values: Values) -> bool:
    if not isinstance(part, Mapping):
        return True
    wanted, without = part.get(IF), part.get(UNLESS)
    if wanted is not None and not values.get(wanted):
        return False
    return without is None or not values.get(without)


def _is_known(name: str, value: Any, values: Values) -> bool:
    """What a place alone names or gives is left out as long as nobody has filled the place."""
    alone = [SLOT.fullmatch(part) for part in (name, value) if isinstance(part, str)]
    return all(values.get(found[1], "") != "" for found in alone if found)


def slots_of(raw: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place that a part speaks of: (where it stands, the place's name)."""
    if isinstance(raw, str):
        yield from ((path, name) for name in SLOT.findall(raw))
    elif isinstance(raw, Mapping):
        for name, value in raw.items():
            here = f"{path}/{name}" if path else str(name)
            if name in (IF, UNLESS):
                yield here, str(value)
                continue
            yield from slots_of(str(name), here)
            yield from slots_of(value, here)
    elif isinstance(raw, list | tuple):
        for position, each in enumerate(raw):
            yield from slots_of(each, f"{path}/{position}")
