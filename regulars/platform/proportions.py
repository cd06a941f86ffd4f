"""Shares of people and their differences, with honest intervals. Pure.

Intervals of one share are Wilson's score intervals; of a difference Newcombe's (1998, method 10),
made of the two. Both hold for small groups and for shares of none or all, where the textbook
interval does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054
LEAST = 30
"""People a group needs before its share is worth comparing."""


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` people."""

    hits: int
    n: int

    @property
    def rate(self) -> float | None:
        """The share; None of nobody."""
        return self.hits / self.n if self.n else None

    def interval(self, z: float = Z_95) -> tuple[float, float]:
        """Wilson's score interval; everything is possible of nobody."""
        if not self.n:
            return 0.0, 1.0
        p, n = self.hits / self.n, self.n
        middle = p + z * z / (2 * n)
        spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        whole = 1 + z * z / n
        low, high = (middle - spread) / whole, (middle + spread) / whole
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Uplift:
    """By how much the share of one group exceeds that of another.

    ``relative`` is None where the other share is nought; ``z`` where both are none or all.
    """

    difference: float
    low: float
    high: float
    relative: float | None
    z: float | None

    @property
    def is_certain(self) -> bool:
        """Whether nought lies outside of the interval."""
        return self.low > 0 or self.high < 0


def uplift(treated: Share, control: Share, z: float = Z_95) -> Uplift | None:
    """The difference with Newcombe's interval; None while a group is empty."""
    p, q = treated.rate, control.rate
    if p is None or q is None:
        return None
    low_p, high_p = treated.interval(z)
    low_q, high_q = control.interval(z)
    difference = p - q
    return Uplift(
        difference,
        max(-1.0, difference - math.hypot(p - low_p, high_q - q)),
        min(1.0, difference + math.hypot(high_p - p, q - low_q)),
        difference / q if q else None,
        _pooled_z(treated, control),
    )


def _pooled_z(one: Share, other: Share) -> float | None:
    pooled = (one.hits + other.hits) / (one.n + other.n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / one.n + 1 / other.n))
    if not spread:
        return None
    return (one.hits / one.n - other.hits / other.n) / spread
