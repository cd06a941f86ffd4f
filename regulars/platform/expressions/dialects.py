"""What the two databases do differently, behind one face."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from regulars.platform.expressions.postgres_dialect import Postgres
from regulars.platform.expressions.sqlite_dialect import Sqlite
from regulars.platform.expressions.types import Moment, ValueType

Element = sa.ColumnElement[Any]
Typed = tuple[Element, ValueType]


class Dialect(Protocol):
    """The operations that need the database's own words. Numbers are scaled integers."""

    def fold(self, text: Element) -> Element:
        """`str.casefold` of a computed text."""

    def position(self, text: Element, part: Element) -> Element:
        """Where ``part`` begins, counted from 1; 0 when it does not occur."""

    def ending(self, text: Element, part: Element) -> Element:
        """As many characters from the end of ``text`` as ``part`` has."""

    def local_day(self, instant: Element, moment: Moment) -> Element:
        """The calendar day of an instant in the moment's zone."""

    def same_day(self, day: Element, reference: Element, moment: Moment) -> Element:
        """`times.same_day_of_year`."""

    def compare_scales(
        self, test: Callable[[Any, Any], Any], left: Typed, right: Typed, moment: Moment
    ) -> Element:
        """Two numbers of different scale, compared exactly."""

    def rescale(
        self, value: Element, found: ValueType, wanted: ValueType, moment: Moment
    ) -> Element:
        """A number with another scale; missing when it does not fit."""

    def total(self, value: Element) -> Element:
        """SUM; without rows NULL, and a mark of its own when it does not fit."""

    def sum_or_zero(self, total: Element) -> Element:
        """A `total` where no rows are 0 and what does not fit is missing."""

    def average(self, total: Element, count: Element, scale: int, moment: Moment) -> Element:
        """``total / count`` with six places."""

    def mentions_twice(self, name: str) -> bool:
        """Whether the words of a function name an argument more than once."""

    def formula(
        self, text: str, parts: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element | None:
        """A whole computation as formula text over its parts, where that is done in one call."""

    def function(
        self, name: str, args: Sequence[Typed], result: ValueType, moment: Moment
    ) -> Element:
        """A function of `functions.FUNCTIONS` or an arithmetic operator."""


_DIALECTS: dict[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def dialect_named(name: str) -> Dialect:
    """The face of ``sqlite`` or ``postgresql``."""
    return _DIALECTS[name]
