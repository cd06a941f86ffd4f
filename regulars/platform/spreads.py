"""What people are worth on average, and by how much two groups differ, with its interval. Pure.

Most people of a group are worth nought, so only those worth something are listed and the size of
the group is given beside them. The interval is Welch's for unequal variances, with the normal
quantile: a group needs `proportions.LEAST` people before it means much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from regulars.platform.proportions import Z_95


@dataclass(frozen=True)
class Spread:
    """Sum and sum of squares of some amounts, exact."""

    total: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)

    @classmethod
    def of(cls, amounts: Iterable[Decimal]) -> Spread:
        """The spread of these amounts."""
        known = list(amounts)
        squares = sum((each * each for each in known), Decimal(0))
        return cls(sum(known, Decimal(0)), squares)

    def mean(self, n: int) -> Decimal:
        """The mean over ``n`` people, those worth nought included."""
        return self.total / n

    def variance(self, n: int) -> Decimal:
        """The sample variance over ``n`` people; nought of one."""
        if n < 2:
            return Decimal(0)
        return max(Decimal(0), (self.squares - self.total * self.total / n) / (n - 1))


@dataclass(frozen=True)
class Gain:
    """By how much one person of the first group is worth more; ``whole``: all of them."""

    each: Decimal
    low: Decimal
    high: Decimal
    whole: Decimal

    @property
    def is_certain(self) -> bool:
        """Whether nought lies outside of the interval."""
        return self.low > 0 or self.high < 0


def gain(treated: Spread, n: int, control: Spread, m: int, z: float = Z_95) -> Gain | None:
    """The difference of two means with its interval; None while a group has fewer than two."""
    if n < 2 or m < 2:
        return None
    each = treated.mean(n) - control.mean(m)
    error = math.sqrt(treated.variance(n) / n + control.variance(m) / m)
    reach = Decimal(repr(z * error))
    return Gain(each, each - reach, each + reach, each * n)
