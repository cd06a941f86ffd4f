"""A till as frozen objects, parsed once from its JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_factory
from typing import Any

from regulars.platform.i18n import Text

HOURS, MEMBERS = 12, 500
"""How long a device may keep what it knows without the line, and of how many people."""

Values = Mapping[str, Any]
"""Field → what it is set to: a value as the API takes it, or ``{"formula": "…"}``."""


@dataclass(frozen=True)
class People:
    """Who is served: by which fields they are found, and which values the clerk is shown."""

    form: str
    find_by: tuple[str, ...]
    show: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What somebody may hand in, once: the records that point to them by ``via``.

    One counts as long as it meets ``where``; handing it in ``sets`` its fields. ``least`` is its
    field that says from which amount on it counts.
    """

    form: str
    via: str
    where: Mapping[str, Any]
    sets: Values
    show: tuple[str, ...] = ()
    least: str = ""


@dataclass(frozen=True)
class Sale:
    """The record a sale makes. ``amount`` is a field, or a column of a subform (one row then)."""

    form: str
    via: str
    amount: str
    at: str = ""
    offer: str = ""
    values: Values = with_factory(default_factory=dict)
    quick: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Points:
    """What a sale earns: ``formula`` over the sale, put into ``field`` of a new record of ``form``
    or, without a form, added to ``field`` of the person."""

    formula: str
    field: str
    form: str = ""
    via: str = ""
    sale: str = ""
    values: Values = with_factory(default_factory=dict)


@dataclass(frozen=True)
class Offline:
    """What a device may keep: for how many hours, and of how many people.

    ``first`` says who they are: a field, ``-`` for the highest first; without it the newest.
    ``show`` are the values kept with them.
    """

    hours: int = HOURS
    members: int = MEMBERS
    first: str = ""
    show: tuple[str, ...] = ()


@dataclass(frozen=True)
class Till:
    """One clerk's screen."""

    key: str
    label: Text
    people: People
    sale: Sale
    offer: Offer | None = None
    points: Points | None = None
    offline: Offline = Offline()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Till:
        """The till of a JSON object whose shape has been checked."""
        offer, points = raw.get("offer"), raw.get("points")
        return cls(
            raw["key"],
            raw["label"],
            People(**_settled(raw["people"])),
            Sale(**_settled(raw["sale"])),
            None if offer is None else Offer(**_settled(offer)),
            None if points is None else Points(**_settled(points)),
            Offline(**_settled(raw.get("offline", {}))),
        )


def _settled(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(each) if isinstance(each, list) else each for key, each in raw.items()}


def split_amount(path: str) -> tuple[str, str]:
    """``("items", "unit_price")`` for a column of a subform, ``("amount", "")`` for a field."""
    outer, _dot, column = path.partition(".")
    return outer, column
