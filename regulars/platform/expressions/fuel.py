"""How much work one evaluation may do before it is stopped.

Formulas are small, but totals of totals multiply the records they look at. A `Meter` counts steps
(one node of the tree for one related record) and stops what would keep others waiting.
"""

from __future__ import annotations

from regulars.platform.expressions.calls import FormulaError

MAX_STEPS = 5_000_000


class Meter:
    """The steps that are left to one evaluation; filled anew for each."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = MAX_STEPS) -> None:
        self.limit = limit
        self.left = limit

    def refill(self) -> None:
        """Begin another evaluation."""
        self.left = self.limit

    def spend(self, steps: int) -> None:
        """Take ``steps``; FormulaError when there are not so many left."""
        self.left -= steps
        if self.left < 0:
            raise FormulaError("formula-too-much-work", 0)
