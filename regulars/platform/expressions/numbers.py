"""Exact arithmetic on decimals of a fixed scale.

Every result fits 64 bits once scaled; what does not fit is missing (None). Halves round away
from zero. The two databases compute the same.
"""

from __future__ import annotations

from decimal import Decimal

LIMIT = 2**63 - 1
MAX_SCALE = 8
DIVISION_SCALE = 6
MAX_EXPONENT = 12


def scaled(value: Decimal | int, scale: int) -> int:
    """``value`` in units of 10^-scale, halves rounded away from zero. Any size."""
    top, bottom = Decimal(value).as_integer_ratio()
    return round_ratio(top * 10**scale, bottom)


def round_ratio(top: int, bottom: int) -> int:
    """``top / bottom`` as a whole number, halves rounded away from zero."""
    if bottom < 0:
        top, bottom = -top, -bottom
    size = (abs(top) * 2 + bottom) // (bottom * 2)
    return -size if top < 0 else size


def unscaled(units: int | None, scale: int) -> Decimal | None:
    """The decimal of ``units`` x 10^-scale, or None when it does not fit 64 bits."""
    if units is None or not -LIMIT <= units <= LIMIT:
        return None
    return Decimal((1 if units < 0 else 0, _digits(units), -scale))


def _digits(units: int) -> tuple[int, ...]:
    return tuple(map(int, str(abs(units))))


def fit(value: Decimal | int, scale: int) -> Decimal | None:
    """``value`` with exactly ``scale`` places, or None when it does not fit."""
    return unscaled(scaled(value, scale), scale)


def fits(value: Decimal, scale: int) -> bool:
    """Whether ``value`` has at most ``scale`` places and fits 64 bits in them."""
    return abs(scaled(value, scale)) <= LIMIT


def add(left: Decimal, right: Decimal, scale: int) -> Decimal | None:
    """The sum; ``scale`` is the larger of the two scales."""
    return unscaled(scaled(left, scale) + scaled(right, scale), scale)


def subtract(left: Decimal, right: Decimal, scale: int) -> Decimal | None:
    """The difference; ``scale`` is the larger of the two scales."""
    return unscaled(scaled(left, scale) - scaled(right, scale), scale)


def multiply(left: Decimal, right: Decimal, scale: int) -> Decimal | None:
    """The product, computed exactly and then rounded to ``scale`` places."""
    top_left, bottom_left = left.as_integer_ratio()
    top_right, bottom_right = right.as_integer_ratio()
    units = round_ratio(top_left * top_right * 10**scale, bottom_left * bottom_right)
    return unscaled(units, scale)


def divide(left: Decimal, right: Decimal, scale: int = DIVISION_SCALE) -> Decimal | None:
    """The quotient with ``scale`` places; a division by zero is missing."""
    if not right:
        return None
    top_left, bottom_left = left.as_integer_ratio()
    top_right, bottom_right = right.as_integer_ratio()
    return unscaled(
        round_ratio(top_left * bottom_right * 10**scale, bottom_left * top_right), scale
    )


def modulo(left: Decimal, right: Decimal, scale: int) -> Decimal | None:
    """What is left over; it has the sign of the divisor, and is missing for a divisor of zero."""
    if not right:
        return None
    return unscaled(scaled(left, scale) % scaled(right, scale), scale)


def power(base: Decimal, exponent: int, scale: int) -> Decimal | None:
    """``base`` to a whole power from 0 to 12, computed exactly and then rounded."""
    top, bottom = base.as_integer_ratio()
    return unscaled(round_ratio(top**exponent * 10**scale, bottom**exponent), scale)


def round_to(value: Decimal, digits: int, scale: int) -> Decimal | None:
    """``value`` rounded to ``digits`` places (tens and hundreds for negative ones)."""
    if digits >= 0:
        return unscaled(scaled(value, digits) * 10 ** (scale - digits), scale)
    top, bottom = value.as_integer_ratio()
    return unscaled(round_ratio(top, bottom * 10**-digits) * 10**-digits * 10**scale, scale)


def floor(value: Decimal) -> Decimal | None:
    """The largest whole number that is not above ``value``."""
    top, bottom = value.as_integer_ratio()
    return unscaled(top // bottom, 0)


def ceil(value: Decimal) -> Decimal | None:
    """The smallest whole number that is not below ``value``."""
    top, bottom = value.as_integer_ratio()
    return unscaled(-(-top // bottom), 0)


def scale_of(value: Decimal) -> int:
    """How many decimals a written number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
