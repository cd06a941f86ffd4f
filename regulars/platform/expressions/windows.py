"""What the constants of a leaf mean at one moment: bounds computed once, for both compilers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from regulars.platform.expressions import times
from regulars.platform.expressions.times import EXACT_UNITS
from regulars.platform.expressions.tree import Span, Window
from regulars.platform.expressions.types import Kind, Moment
from regulars.platform.expressions.zones import from_wall_time

Bounds = tuple[Any, Any]  # from (inclusive) and to (exclusive); None is open
_ONE_DAY = timedelta(days=1)


def window_bounds(window: Window, kind: Kind, moment: Moment, ends: Bounds) -> Bounds:
    """The half-open bounds of ``window`` in values of ``kind`` (DATE or DATETIME).

    ``ends`` are the evaluated ends of a range. "Last" windows include now (or today) and end
    there; "next" windows begin there.
    """
    if window.kind == "range":
        return as_bound(ends[0], kind, moment), as_bound(ends[1], kind, moment)
    if window.kind == "calendar":
        first, end = times.calendar_days(window.name, moment)
        return as_bound(first, kind, moment), as_bound(end, kind, moment)
    if window.unit in EXACT_UNITS:
        return _exact_window(window, moment)
    if window.kind == "last":
        start = times.last_units_start(window.n, window.unit, moment)
        end = _tomorrow(moment) if kind is Kind.DATE else times.just_after(moment.now)
        return as_bound(start, kind, moment), end
    start = moment.today if kind is Kind.DATE else moment.now
    return start, as_bound(times.add_units(moment.today, window.n, window.unit), kind, moment)


def _tomorrow(moment: Moment) -> date:
    return moment.today + _ONE_DAY


def _exact_window(window: Window, moment: Moment) -> Bounds:
    length = EXACT_UNITS[window.unit] * window.n
    if window.kind == "last":
        return _moved(moment.now, -length), times.just_after(moment.now)
    return moment.now, _moved(moment.now, length)


def _moved(now: datetime, length: timedelta) -> datetime | None:
    try:
        return now + length
    except OverflowError:
        return None


def as_bound(value: Any, kind: Kind, moment: Moment) -> Any:
    """A day as the instant it begins at, where instants are compared."""
    if kind is Kind.DATETIME and isinstance(value, date) and not isinstance(value, datetime):
        return day_start(value, moment)
    return value


def day_start(day: date, moment: Moment) -> datetime | None:
    """The first instant of ``day``, or None for days no zone can show."""
    if not times.EARLIEST <= day <= times.LATEST:
        return None
    return moment.day_start(day)


def day_end(day: date, moment: Moment) -> datetime | None:
    """The first instant after ``day``."""
    following = times.add_units(day, 1, "day")
    return None if following is None else day_start(following, moment)


def older_than_edge(span: Span, kind: Kind, moment: Moment) -> Any:
    """The first value that is *not* old enough; None when nothing is that old.

    At least n calendar units: 30 days ago counts as 30 days old all day long. Minutes and hours
    are exact: what is exactly n hours old counts.
    """
    if span.unit in EXACT_UNITS:
        edge = _moved(moment.now, -EXACT_UNITS[span.unit] * span.n)
        return None if edge is None else times.just_after(edge)
    day = times.last_units_start(span.n, span.unit, moment)
    return None if day is None else as_bound(day, kind, moment)


def plain_constant(value: Any, moment: Moment) -> Any:
    """A literal's value; wall-clock time becomes an instant."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return from_wall_time(value, moment.zone)
    return value
