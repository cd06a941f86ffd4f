"""What a sample is made of in one language: names, stores, products, campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_UNIT = Decimal(1)
_HALF = Decimal("0.5")


@dataclass(frozen=True)
class Store:
    """A store that opens after share ``opened`` of the window; ``weight``: its part of trade."""

    code: str
    name: str
    city: str
    opened: float
    weight: int
    online: bool


@dataclass(frozen=True)
class Product:
    """One thing on the shelf; ``months`` are those in which people come for it."""

    sku: str
    name: str
    category: str
    price: Decimal
    cost: Decimal
    weight: int
    months: tuple[int, ...]

    def pull(self, month: int) -> float:
        """How strongly it sells in a month of the year."""
        if not self.months:
            return float(self.weight)
        return self.weight * (2.5 if month in self.months else 0.25)


@dataclass(frozen=True)
class Campaign:
    """Days of the year (``MM-DD``) on which trade is ``lift`` times the usual."""

    name: str
    first: str
    last: str
    lift: float

    def runs_on(self, day: date) -> bool:
        """Whether the campaign runs on this day."""
        return self.first <= f"{day:%m-%d}" <= self.last


@dataclass(frozen=True)
class Flavour:
    """One language's world; the lists are as long as the pack's author made them."""

    locale: str
    country: str
    person: str  # "{surname}{given}"
    surnames: Mapping[str, int]
    given: Mapping[str, tuple[str, ...]]  # by gender
    phone_start: str
    phone_digits: int
    mail: str
    cities: tuple[str, ...]
    stores: tuple[Store, ...]
    products: tuple[Product, ...]
    campaigns: tuple[Campaign, ...]
    evidence: Mapping[str, str]
    notes: tuple[str, ...]
    return_notes: tuple[str, ...]

    def campaign_on(self, day: date) -> Campaign | None:
        """The campaign of a day, if any."""
        return next((each for each in self.campaigns if each.runs_on(day)), None)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], price_factor: Decimal) -> Flavour:
        """The flavour of a file of the pack, its prices in a currency of the given size."""
        return cls(
            locale=raw["locale"],
            country=raw["country"],
            person=raw["person"],
            surnames=raw["surnames"],
            given={"female": tuple(raw["female"]), "male": tuple(raw["male"])},
            phone_start=raw["phone"]["start"],
            phone_digits=raw["phone"]["digits"],
            mail=raw["mail"],
            cities=tuple(raw["cities"]),
            stores=tuple(
                Store(**{**each, "opened": float(each["opened"])}) for each in raw["stores"]
            ),
            products=tuple(_product(each, price_factor) for each in raw["product_list"]),
            campaigns=tuple(
                Campaign(each["name"], each["from"], each["to"], float(each["lift"]))
                for each in raw["campaigns"]
            ),
            evidence=raw["evidence"],
            notes=tuple(raw["notes"]),
            return_notes=tuple(raw["return_notes"]),
        )


def _product(raw: Mapping[str, Any], factor: Decimal) -> Product:
    return Product(
        raw["sku"],
        raw["name"],
        raw["category"],
        _priced(raw["price"], factor),
        _priced(raw["cost"], factor),
        raw["weight"],
        tuple(raw["months"]),
    )


def _priced(amount: int, factor: Decimal) -> Decimal:
    """The amount in another currency, on a step people write on labels."""
    value = Decimal(amount) * factor
    step = _UNIT if value >= 20 else _HALF
    return ((value / step).to_integral_value(ROUND_HALF_UP) * step).quantize(Decimal("0.01"))
