from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Moment
from regulars.report_builder.ranges import Range, parse_range, previous, to_word

NOW = Moment(datetime(2026, 3, 10, 4, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), 0)  # Tuesday noon


@pytest.mark.parametrize(
    ("raw", "since", "until"),
    [
        ({"calendar": "this_month"}, date(2026, 3, 1), date(2026, 4, 1)),
        ("last_week", date(2026, 3, 2), date(2026, 3, 9)),
        ({"last": 30, "unit": "day"}, date(2026, 2, 9), date(2026, 3, 11)),
        ("last-1-day", date(2026, 3, 10), date(2026, 3, 11)),
        ("last-2-month", date(2026, 1, 11), date(2026, 3, 11)),
        ({"from": "2026-01-01", "to": "2026-02-01"}, date(2026, 1, 1), date(2026, 2, 1)),
        ("2026-01-01/2026-02-01", date(2026, 1, 1), date(2026, 2, 1)),
        ({"from": "2026-01-01"}, date(2026, 1, 1), None),
        ("/2026-02-01", None, date(2026, 2, 1)),
        ("all", None, None),
        (None, None, None),
        ({}, None, None),
    ],
)
def test_windows_are_whole_days(raw: Any, since: date | None, until: date | None) -> None:
    found = parse_range(raw, NOW)

    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "raw",
    [
        *("soon", "last-0-day", "last-9-eon", "2026-01-01"),
        *({"last": 0, "unit": "day"}, {"last": "30", "unit": "day"}, {"last": 1, "unit": "hour"}),
        *({"calendar": "whenever"}, {"until": "2026-01-01"}, [], 7, True),
        *({"from": "yesterday"}, {"from": 3}, {"from": "2026-02-30"}, {"from": "0001-01-01"}),
        {"to": "2026-01-01", "from": "2026-01-01"},
    ],
)
def test_what_is_no_window_is_refused(raw: Any) -> None:
    with pytest.raises(Invalid) as refused:
        parse_range(raw, NOW)

    assert refused.value.problems[0].path == "params/period"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"calendar": "this_month"}, "this_month"),
        ({"last": 30, "unit": "day"}, "last-30-day"),
        ({"from": "2026-01-01", "to": "2026-02-01"}, "2026-01-01/2026-02-01"),
        (None, "all"),
        ("today", "today"),
    ],
)
def test_windows_have_a_word_for_addresses(raw: Any, word: str) -> None:
    assert to_word(raw) == word
    assert parse_range(word, NOW) == parse_range(raw, NOW)


@pytest.mark.parametrize(
    ("raw", "since", "until"),
    [
        ({"calendar": "last_month"}, date(2026, 1, 1), date(2026, 2, 1)),
        ({"calendar": "last_quarter"}, date(2025, 7, 1), date(2025, 10, 1)),
        ({"calendar": "last_year"}, date(2024, 1, 1), date(2025, 1, 1)),
        ({"calendar": "last_week"}, date(2026, 2, 23), date(2026, 3, 2)),
        ({"from": "2026-01-10", "to": "2026-01-20"}, date(2025, 12, 31), date(2026, 1, 10)),
    ],
)
def test_the_stretch_before_is_as_long(raw: Any, since: date, until: date) -> None:
    assert previous(parse_range(raw, NOW), NOW) == Range(since, until)


def test_a_running_month_is_compared_up_to_the_same_day_and_hour() -> None:
    before = previous(parse_range("this_month", NOW), NOW)

    assert before is not None
    assert before.hi(NOW) == datetime(2026, 2, 10, 4, tzinfo=UTC)


def test_the_last_days_of_a_long_month_are_compared_with_a_short_one() -> None:
    late = Moment(datetime(2026, 3, 31, 4, tzinfo=UTC), ZoneInfo("Asia/Shanghai"), 0)

    before = previous(parse_range("this_month", late), late)

    assert before is not None
    assert before.hi(late) == datetime(2026, 2, 28, 4, tzinfo=UTC)


@pytest.mark.parametrize("raw", [None, "/2026-01-01", {"from": "2026-01-01"}])
def test_an_open_stretch_has_nothing_before_it(raw: Any) -> None:
    assert previous(parse_range(raw, NOW), NOW) is None


def test_edges_are_instants_of_the_shop() -> None:
    found = parse_range("2026-01-01/2026-02-01", NOW)

    assert found.lo(NOW) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert found.hi(NOW) == datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert found.as_json() == {"from": "2026-01-01", "to": "2026-02-01"}
