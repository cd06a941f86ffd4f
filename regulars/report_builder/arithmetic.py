"""Exact small arithmetic of reports: ratios, percentiles. Pure; never float."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

RATIO_PLACES = Decimal("0.000001")
_DIGITS = 60


def ratio(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """``numerator / denominator`` with six decimals, halves away from zero; None over nothing."""
    if numerator is None or not denominator:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        return (Decimal(numerator) / Decimal(denominator)).quantize(RATIO_PLACES, ROUND_HALF_UP)


def nought(decimals: int | None) -> Decimal:
    """0, 0.00 or 0.0000: a sum of nothing, with the places of its field."""
    return Decimal(0).scaleb(-(decimals or 0))


def to_decimal(value: Fraction) -> Decimal:
    """A fraction with six decimals, halves away from zero."""
    with localcontext() as context:
        context.prec = _DIGITS
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return exact.quantize(RATIO_PLACES, ROUND_HALF_UP)


def exact_decimal(value: Fraction) -> Decimal:
    """A fraction that ends after a few decimals, without rounding."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


def percentile(ordered: Sequence[Decimal | int], share: Fraction) -> Fraction:
    """The value below which ``share`` of the ``ordered`` values lie, linear between neighbours.

    This is the definition of numpy's default and of most spreadsheets (PERCENTILE.INC).
    """
    place = share * (len(ordered) - 1)
    left = int(place)
    low = Fraction(ordered[left])
    if left + 1 >= len(ordered):
        return low
    return low + (place - left) * (Fraction(ordered[left + 1]) - low)


def quintile_cuts(values: Sequence[Decimal | int]) -> tuple[Fraction, ...]:
    """The cuts at 20, 40, 60 and 80 per cent."""
    ordered = sorted(values)
    return tuple(percentile(ordered, Fraction(n, 5)) for n in range(1, 5))


def score(value: Decimal | int, cuts: Sequence[Fraction]) -> int:
    """1 + the number of cuts below ``value``; equal values share a score."""
    return 1 + sum(cut < Fraction(value) for cut in cuts)
