import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.platform.expressions.types import Moment
from regulars.report_builder.periods import count_spans, span_of, spans, step


def moment_in(zone: str, week_start: int = 0) -> Moment:
    return Moment(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo(zone), week_start)


def hours(delta: timedelta) -> float:
    return delta.total_seconds() / 3600


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Europe/London", date(2026, 6, 1), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # midnight itself does not exist
        ("America/Sao_Paulo", date(2018, 2, 17), 25),  # clocks go back at midnight
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Apia", date(2011, 12, 29), 24),  # the day after was left out
    ],
)
def test_days_are_as_long_as_the_zone_makes_them(zone: str, day: date, length: float) -> None:
    span = span_of("day", day, moment_in(zone))

    assert hours(span.hi - span.lo) == length


@pytest.mark.parametrize(
    ("by", "day", "first", "following"),
    [
        ("day", date(2024, 2, 29), date(2024, 2, 29), date(2024, 3, 1)),
        ("week", date(2026, 3, 10), date(2026, 3, 9), date(2026, 3, 16)),
        ("month", date(2025, 12, 31), date(2025, 12, 1), date(2026, 1, 1)),
        ("quarter", date(2026, 8, 15), date(2026, 7, 1), date(2026, 10, 1)),
        ("year", date(2026, 8, 15), date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_period_is_named_by_its_first_day(
    by: str, day: date, first: date, following: date
) -> None:
    span = span_of(by, day, moment_in("Asia/Shanghai"))

    assert (span.first, span.following) == (first, following)


@pytest.mark.parametrize(
    ("week_start", "first"),
    [(0, date(2026, 3, 9)), (1, date(2026, 3, 10)), (2, date(2026, 3, 4)), (6, date(2026, 3, 8))],
)
def test_weeks_begin_on_the_shops_day(week_start: int, first: date) -> None:
    assert (
        span_of("week", date(2026, 3, 10), moment_in("Asia/Shanghai", week_start)).first == first
    )


@pytest.mark.parametrize("by", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("zone", ["Europe/London", "America/Sao_Paulo", "Asia/Shanghai"])
def test_periods_follow_each_other_without_gap_or_overlap(by: str, zone: str) -> None:
    found = list(spans(by, date(2017, 1, 15), date(2019, 6, 20), moment_in(zone, 6)))

    assert found[0].first <= date(2017, 1, 15) < found[0].following
    assert found[-1].first < date(2019, 6, 20) <= found[-1].following
    for one, other in itertools.pairwise(found):
        assert one.hi == other.lo
        assert one.following == other.first
    assert len(found) <= count_spans(by, date(2017, 1, 15), date(2019, 6, 20))


@pytest.mark.parametrize(
    ("by", "n", "result"),
    [
        ("day", -1, date(2024, 2, 29)),
        ("week", 2, date(2024, 3, 15)),
        ("month", -1, date(2024, 2, 1)),
        ("quarter", 1, date(2024, 6, 1)),
        ("year", -1, date(2023, 3, 1)),
    ],
)
def test_stepping(by: str, n: int, result: Any) -> None:
    assert step(by, date(2024, 3, 1), n) == result


def test_nothing_lies_in_an_empty_stretch() -> None:
    assert list(spans("day", date(2026, 1, 2), date(2026, 1, 2), moment_in("UTC"))) == []
