"""Calendar arithmetic on days, and the bounds of windows. Nothing here reads a clock."""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.platform.expressions.types import LeapDay, Moment
from regulars.platform.expressions.zones import from_wall_time, wall_time

EXACT_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
DAY_UNITS = {"day": 1, "week": 7}
MONTH_UNITS = {"month": 1, "quarter": 3, "year": 12}
UNITS = ("minute", "hour", "day", "week", "month", "quarter", "year")
CALENDAR_UNITS = ("day", "week", "month", "quarter", "year")
CALENDARS = (
    "today", "yesterday", "tomorrow",
    *(f"{which}_{unit}" for unit in CALENDAR_UNITS[1:] for which in ("this", "last", "next")),
)  # fmt: skip
LEAP_DAYS: dict[LeapDay, tuple[int, int]] = {"before": (2, 28), "after": (3, 1)}
_MICROSECOND = timedelta(microseconds=1)
# Results outside are missing: every zone can still show them, and both databases can hold them.
EARLIEST, LATEST = date(1, 1, 3), date(9999, 12, 28)
FIRST_MONTH, LAST_MONTH = 1 * 12 + 1, 9999 * 12 + 10  # year x 12 + month from 0


def add_units(day: date, n: int, unit: str) -> date | None:
    """``day`` moved by ``n`` units; the 31st becomes the last day of a shorter month."""
    if unit in MONTH_UNITS:
        return _add_months(day, n * MONTH_UNITS[unit])
    ordinal = day.toordinal() + n * DAY_UNITS[unit]
    return _kept(ordinal)


def _add_months(day: date, n: int) -> date | None:
    index = day.year * 12 + day.month - 1 + n
    if not FIRST_MONTH <= index <= LAST_MONTH:
        return None
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _kept(ordinal: int) -> date | None:
    if EARLIEST.toordinal() <= ordinal <= LATEST.toordinal():
        return date.fromordinal(ordinal)
    return None


def add_to_instant(instant: datetime, n: int, unit: str, zone: ZoneInfo) -> datetime | None:
    """Minutes and hours are exact; longer units keep the time on the wall."""
    if unit in EXACT_UNITS:
        return kept_instant(_plus(instant, EXACT_UNITS[unit], n))
    shown = wall_time(instant, zone)
    moved = None if shown is None else add_units(shown.date(), n, unit)
    if shown is None or moved is None:
        return None
    return kept_instant(from_wall_time(datetime.combine(moved, shown.time()), zone))


def _plus(instant: datetime, step: timedelta, n: int) -> datetime | None:
    try:
        return instant + step * n
    except OverflowError:
        return None


def kept_instant(instant: datetime | None) -> datetime | None:
    """``instant``, unless it is so far off that some zone could not show it."""
    if instant is None or not EARLIEST <= instant.date() <= LATEST:
        return None
    return instant


def start_of(day: date, unit: str, week_start: int = 0) -> date:
    """The first day of the unit that ``day`` is in."""
    if unit == "day":
        return day
    if unit == "week":
        back = (day.weekday() - week_start) % 7
        return date.fromordinal(max(1, day.toordinal() - back))
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def end_of(day: date, unit: str, week_start: int = 0) -> date | None:
    """The last day of the unit that ``day`` is in."""
    following = add_units(start_of(day, unit, week_start), 1, unit)
    return None if following is None else following - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Whole months from ``first`` to ``last``; negative when ``last`` comes before."""
    if last < first:
        return -months_between(last, first)
    n = (last.year - first.year) * 12 + last.month - first.month
    is_month_end = last.day == monthrange(last.year, last.month)[1]
    return n - 1 if first.day > last.day and not is_month_end else n


def same_day_of_year(day: date, reference: date, leap_day: LeapDay = "before") -> bool:
    """Whether ``day`` falls on ``reference`` in its year.

    In a year without 29 February that day falls on 28 February (``before``) or 1 March.
    """
    shown = (reference.month, reference.day)
    if (day.month, day.day) == shown:
        return True
    if (day.month, day.day) != (2, 29) or shown != LEAP_DAYS[leap_day]:
        return False
    return not isleap(reference.year)


def calendar_days(name: str, moment: Moment) -> tuple[date | None, date | None]:
    """The first day of a named stretch and the first day after it."""
    shift, unit = _named(name)
    first = add_units(start_of(moment.today, unit, moment.week_start), shift, unit)
    return first, None if first is None else add_units(first, 1, unit)


def _named(name: str) -> tuple[int, str]:
    single = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if name in single:
        return single[name], "day"
    which, unit = name.split("_", 1)
    return {"this": 0, "last": -1, "next": 1}[which], unit


def last_units_start(n: int, unit: str, moment: Moment) -> date | None:
    """The first of the last ``n`` calendar units up to today, today included."""
    edge = add_units(moment.today, -n, unit)
    return None if edge is None else edge + timedelta(days=1)


def just_after(instant: datetime) -> datetime:
    """The smallest later instant, so that a half-open window can include ``instant``."""
    return instant + _MICROSECOND
