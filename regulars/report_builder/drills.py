"""Conditions that list exactly the records behind a number. Pure.

A drill into the records themselves repeats the report's conditions and the row's values; a drill
of an analysis asks for people by what their related records say (``orders`` of a customer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Condition = Mapping[str, Any]
Bounds = Sequence[tuple[str, Any]]  # (op, value) pairs


def both(*parts: Condition | None) -> Condition | None:
    """All of the given conditions; None when there is none, the only one unwrapped."""
    found = [part for part in parts if part is not None]
    if len(found) < 2:
        return found[0] if found else None
    return {"all": found}


def equals(path: str, value: Any, *, is_many: bool = False) -> Condition:
    """The records whose field at ``path`` has this value, maybe among others; None is missing."""
    if value is None:
        return {"field": path, "op": "is_empty"}
    return {"field": path, "op": "has" if is_many else "is", "value": written(value)}


def between(path: str, lo: Any, hi: Any) -> Condition | None:
    """The records whose time at ``path`` lies in ``[lo, hi)``; an open side is None."""
    window = _window(lo, hi)
    return None if window is None else {"field": path, "op": "within", "value": window}


def having_rows(subform: str, inner: Condition | None) -> Condition:
    """The records of which at least one subform row meets ``inner``."""
    return _aggregate("count", subform, inner) | {"op": "gte", "value": 1}


def written(value: Any) -> Any:
    """A value as conditions write it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return value


@dataclass(frozen=True)
class People:
    """How people are found by their events: the field ``of`` of ``form`` holds them.

    ``at`` is the events' time field, ``where`` what an event must meet.
    """

    form: str
    of: str
    at: str
    where: Condition | None = None

    def active(self, lo: Any, hi: Any) -> Condition:
        """Those with an event in ``[lo, hi)``."""
        found = _aggregate("count", self.of, self.where)
        window = _window(lo, hi)
        if window is not None:
            found |= {"within": window, "on": self.at}
        return found | {"op": "gte", "value": 1}

    def first(self, lo: Any, hi: Any) -> Condition:
        """Those whose first event ever lies in ``[lo, hi)``."""
        return self._time("min", lo, hi)

    def last(self, lo: Any, hi: Any, cut: Any = None) -> Condition:
        """Those whose last event (of those before ``cut``) lies in ``[lo, hi)``."""
        return self._time("max", lo, hi, cut)

    def counted(self, bounds: Bounds, lo: Any, hi: Any) -> Condition | None:
        """Those whose number of events in ``[lo, hi)`` meets each (op, value)."""
        return self._bounded("count", None, bounds, lo, hi)

    def on_days(self, bounds: Bounds, lo: Any, hi: Any) -> Condition | None:
        """Those with events on so many different days of ``[lo, hi)``."""
        day = {"formula": f'STARTOF({self.at}, "day")'}
        return self._bounded("count_distinct", day, bounds, lo, hi)

    def summed(self, field: str, bounds: Bounds, lo: Any, hi: Any) -> Condition | None:
        """Those whose sum of ``field`` over events in ``[lo, hi)`` meets each (op, value)."""
        return self._bounded("sum", field, bounds, lo, hi)

    def _time(self, aggregate: str, lo: Any, hi: Any, cut: Any = None) -> Condition:
        found = _aggregate(aggregate, self.of, self.where, self.at)
        if cut is not None:
            found |= {"within": {"to": written(cut)}, "on": self.at}
        window = _window(lo, hi)
        if window is None:
            return found | {"op": "is_not_empty"}
        return found | {"op": "within", "value": window}

    def _bounded(
        self,
        aggregate: str,
        field: Any,
        bounds: Bounds,
        lo: Any,
        hi: Any,
    ) -> Condition | None:
        base = _aggregate(aggregate, self.of, self.where, field)
        window = _window(lo, hi)
        if window is not None:
            base |= {"within": window, "on": self.at}
        return both(*[base | {"op": op, "value": written(value)} for op, value in bounds])


def _aggregate(name: str, of: str, where: Condition | None, field: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"aggregate": name, "of": of}
    if field is not None:
        found["field"] = field
    if where is not None:
        found["where"] = where
    return found


def _window(lo: Any, hi: Any) -> dict[str, Any] | None:
    sides = {"from": lo, "to": hi}
    window = {name: written(value) for name, value in sides.items() if value is not None}
    return window or None
