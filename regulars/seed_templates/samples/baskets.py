"""What lies in the basket: lines with products, quantities and prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from regulars.seed_templates.samples.calendar import pick
from regulars.seed_templates.samples.flavour import Product

_CENT = Decimal("0.01")
_LINES = {1: 42, 2: 31, 3: 17, 4: 7, 5: 3}
_QUANTITIES = {1: 82, 2: 14, 3: 3, 6: 1}


@dataclass(frozen=True)
class Line:
    """One line of an order; ``product`` is the product's place in the flavour's list."""

    product: int
    quantity: int
    price: Decimal
    discount: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """What the customer pays for this line."""
        return self.quantity * self.price - self.discount


def taste_of(roll: Random, products: Sequence[Product]) -> dict[str, float]:
    """How much one person likes each category; most people have one or two they come for."""
    categories = dict.fromkeys(each.category for each in products)
    return {category: roll.gammavariate(0.6, 1.0) + 0.05 for category in categories}


def make_basket(
    roll: Random, products: Sequence[Product], taste: dict[str, float], month: int
) -> list[Line]:
    """One to five different products, as the person's taste and the season have it."""
    weights = [each.pull(month) * taste[each.category] for each in products]
    wanted = pick(roll, list(_LINES), list(_LINES.values()))
    chosen = list(dict.fromkeys(roll.choices(range(len(products)), weights, k=wanted)))
    return [_line(roll, place, products[place]) for place in chosen]


def _line(roll: Random, place: int, product: Product) -> Line:
    quantity = pick(roll, list(_QUANTITIES), list(_QUANTITIES.values()))
    return Line(place, quantity, product.price)


def with_percent_off(lines: Sequence[Line], percent: int) -> list[Line]:
    """The same lines, each cheaper by ``percent`` (rounded to the cent)."""
    return [replace(line, discount=_cents(line.total * percent / 100)) for line in lines]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
