"""Time zones as tables, calendar arithmetic, and the bounds of windows."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.platform.expressions import times, windows, zones
from regulars.platform.expressions.tree import Span, Window
from regulars.platform.expressions.types import Kind, Moment

ZONES = (
    "Asia/Shanghai", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca",
    "America/Havana", "Asia/Tehran", "UTC",
)  # fmt: skip
zones_ = st.sampled_from(ZONES).map(ZoneInfo)
FIRST, LAST = datetime(1900, 1, 2), datetime(2149, 12, 30)  # noqa: DTZ001 - the tables cover these
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
days = st.dates(date(1900, 1, 3), date(2149, 12, 28))


@settings(max_examples=600, deadline=None)
@given(instant=instants, zone=zones_)
def test_the_wall_shows_what_the_zone_says(instant: datetime, zone: ZoneInfo) -> None:
    assert zones.wall_time(instant, zone) == instant.astimezone(zone).replace(tzinfo=None)


@settings(max_examples=600, deadline=None)
@given(instant=instants, zone=zones_)
def test_wall_time_leads_back_to_an_instant(instant: datetime, zone: ZoneInfo) -> None:
    shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    assert zones.from_wall_time(shown, zone) == shown.replace(tzinfo=zone).astimezone(UTC)


@settings(max_examples=600, deadline=None)
@given(day=days, zone=zones_)
def test_a_day_begins_where_its_window_begins(day: date, zone: ZoneInfo) -> None:
    start = Moment(zones.EPOCH, zone).day_start(day)
    before = zones.local_day(start - timedelta(microseconds=1), zone)
    at = zones.local_day(start, zone)
    assert before is not None
    assert at is not None
    assert before < day <= at
    exists = start.astimezone(zone).date() == day
    assert (at == day) is exists or at > day


@settings(max_examples=300, deadline=None)
@given(instant=instants, zone=zones_, later=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_days_never_go_back(instant: datetime, zone: ZoneInfo, later: timedelta) -> None:
    first, second = zones.local_day(instant, zone), zones.local_day(instant + later, zone)
    assert first is not None
    assert second is not None
    assert first <= second


def test_a_clock_set_back_over_midnight_does_not_end_the_day() -> None:
    zone = ZoneInfo("America/St_Johns")  # on 1987-10-25 at 00:01 back to 23:01
    midnight = datetime(1987, 10, 25, 2, 30, tzinfo=UTC)
    again = midnight + timedelta(minutes=30)
    assert again.astimezone(zone).date() == date(1987, 10, 24)
    assert zones.local_day(midnight, zone) == zones.local_day(again, zone) == date(1987, 10, 25)


def test_a_day_that_a_zone_skipped_is_empty() -> None:
    zone = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    last = datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC)
    assert zones.local_day(last, zone) == date(2011, 12, 29)
    assert zones.local_day(last + timedelta(seconds=1), zone) == date(2011, 12, 31)


def test_outside_the_tables_the_outermost_offset_holds() -> None:
    zone = ZoneInfo("Europe/London")
    far = datetime(2500, 7, 1, 12, tzinfo=UTC)
    assert zones.wall_time(far, zone) == far.replace(tzinfo=None)
    assert zones.wall_time(datetime.max.replace(tzinfo=UTC), ZoneInfo("Asia/Shanghai")) is None
    assert zones.local_day(datetime.max.replace(tzinfo=UTC), ZoneInfo("Asia/Shanghai")) is None


@pytest.mark.parametrize(
    ("day", "n", "unit", "expected"),
    [
        (date(2024, 1, 31), 1, "month", date(2024, 2, 29)),
        (date(2023, 1, 31), 1, "month", date(2023, 2, 28)),
        (date(2024, 3, 31), -1, "month", date(2024, 2, 29)),
        (date(2024, 2, 29), 12, "month", date(2025, 2, 28)),
        (date(2024, 2, 29), 4, "year", date(2028, 2, 29)),
        (date(2024, 11, 30), 1, "quarter", date(2025, 2, 28)),
        (date(2024, 2, 28), 1, "week", date(2024, 3, 6)),
        (date(2024, 2, 28), 2, "day", date(2024, 3, 1)),
        (date(9999, 12, 28), 1, "day", None),
        (date(1, 2, 3), -1, "month", None),
        (date(2024, 1, 1), 10**6, "year", None),
    ],
)
def test_days_are_moved_by_the_calendar(day: date, n: int, unit: str, expected: Any) -> None:
    assert times.add_units(day, n, unit) == expected


@settings(max_examples=300, deadline=None)
@given(first=days, last=days)
def test_whole_months_fit_between(first: date, last: date) -> None:
    n = times.months_between(first, last)
    if first <= last:
        reached, beyond = (times.add_units(first, k, "month") for k in (n, n + 1))
        assert reached is not None
        assert reached <= last
        assert beyond is None or beyond > last
    else:
        assert n == -times.months_between(last, first)


@pytest.mark.parametrize(
    ("reference", "before", "after"),
    [
        (date(2023, 2, 28), True, False),
        (date(2023, 3, 1), False, True),
        (date(1900, 2, 28), True, False),
        (date(1900, 3, 1), False, True),
        (date(2024, 2, 28), False, False),
        (date(2024, 2, 29), True, True),
        (date(2024, 3, 1), False, False),
    ],
)
def test_29_february_falls_on_the_28th_or_on_1_march(
    reference: date, before: bool, after: bool
) -> None:
    born = date(2000, 2, 29)
    assert times.same_day_of_year(born, reference) is before
    assert times.same_day_of_year(born, reference, "before") is before
    assert times.same_day_of_year(born, reference, "after") is after


@pytest.mark.parametrize("week_start", range(7))
def test_weeks_begin_where_the_shop_says(week_start: int) -> None:
    for offset in range(14):
        day = date(2024, 3, 4) + timedelta(days=offset)
        start = times.start_of(day, "week", week_start)
        assert start.weekday() == week_start
        assert 0 <= (day - start).days < 7
        end = times.end_of(day, "week", week_start)
        assert end == start + timedelta(days=6)


NOON = Moment(datetime(2024, 3, 10, 12, tzinfo=UTC), ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    ("window", "first", "end"),
    [
        (Window("last", 1, "day"), date(2024, 3, 10), date(2024, 3, 11)),
        (Window("last", 30, "day"), date(2024, 2, 10), date(2024, 3, 11)),
        (Window("last", 1, "month"), date(2024, 2, 11), date(2024, 3, 11)),
        (Window("next", 7, "day"), date(2024, 3, 10), date(2024, 3, 17)),
        (Window("calendar", name="today"), date(2024, 3, 10), date(2024, 3, 11)),
        (Window("calendar", name="yesterday"), date(2024, 3, 9), date(2024, 3, 10)),
        (Window("calendar", name="tomorrow"), date(2024, 3, 11), date(2024, 3, 12)),
        (Window("calendar", name="this_week"), date(2024, 3, 4), date(2024, 3, 11)),
        (Window("calendar", name="last_week"), date(2024, 2, 26), date(2024, 3, 4)),
        (Window("calendar", name="next_month"), date(2024, 4, 1), date(2024, 5, 1)),
        (Window("calendar", name="last_quarter"), date(2023, 10, 1), date(2024, 1, 1)),
        (Window("calendar", name="this_year"), date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_windows_of_days(window: Window, first: date, end: date) -> None:
    assert windows.window_bounds(window, Kind.DATE, NOON, (None, None)) == (first, end)


def test_windows_of_instants_begin_at_midnight_and_reach_this_moment() -> None:
    first, end = windows.window_bounds(Window("last", 2, "day"), Kind.DATETIME, NOON, (None, None))
    assert first == datetime(2024, 3, 9, tzinfo=UTC)
    assert end == NOON.now + timedelta(microseconds=1)
    first, end = windows.window_bounds(
        Window("last", 2, "hour"), Kind.DATETIME, NOON, (None, None)
    )
    assert first == NOON.now - timedelta(hours=2)
    assert end == NOON.now + timedelta(microseconds=1)


def test_older_than_is_the_rest_of_the_last_days() -> None:
    for n, unit in ((1, "day"), (30, "day"), (2, "week"), (1, "month"), (1, "year")):
        edge = windows.older_than_edge(Span(n, unit), Kind.DATETIME, NOON)
        window = Window("last", n, unit)
        assert edge == windows.window_bounds(window, Kind.DATETIME, NOON, (None, None))[0]
