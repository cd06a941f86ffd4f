from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from regulars.rule_engine.durations import Length, at_local, read_clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("24h", Length(24, "hour")),
        ("30m", Length(30, "minute")),
        ("2w", Length(2, "week")),
        ({"n": 7, "unit": "day"}, Length(7, "day")),
    ],
)
def test_both_spellings_are_read(raw: object, expected: Length) -> None:
    assert Length.from_json(raw) == expected


@pytest.mark.parametrize("raw", ["", "0h", "h", "-1d", "1y", "1 d"])
def test_other_texts_are_no_lengths(raw: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        Length.from_json(raw)


def test_a_day_is_a_calendar_day_and_24_hours_are_hours() -> None:
    before_the_change = utc(2026, 3, 28, 11, 0)  # noon in Berlin; clocks jump that night
    assert Length(1, "day").after(before_the_change, BERLIN) == utc(2026, 3, 29, 10, 0)
    assert Length(24, "hour").after(before_the_change, BERLIN) == utc(2026, 3, 29, 11, 0)


def test_a_month_later_is_the_last_day_when_the_month_is_short() -> None:
    assert Length(1, "month").after(utc(2026, 1, 31, 4), SHANGHAI) == utc(2026, 2, 28, 4)
    assert Length(1, "month").before(utc(2026, 3, 31, 4), SHANGHAI) == utc(2026, 2, 28, 4)


def test_before_undoes_after_for_hours() -> None:
    start = utc(2026, 10, 24, 22, 30)
    length = Length(5, "hour")
    assert length.before(length.after(start, BERLIN), BERLIN) == start


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2026-03-29T02:30", BERLIN, utc(2026, 3, 29, 1, 0)),  # skipped: 03:00 CEST
        ("2026-10-25T02:30", BERLIN, utc(2026, 10, 25, 0, 30)),  # twice: the first
        ("2026-10-04T02:15", LORD_HOWE, utc(2026, 10, 3, 15, 30)),  # half-hour jump
        ("2026-07-01T10:00", SHANGHAI, utc(2026, 7, 1, 2, 0)),
    ],
)
def test_wall_clock_times_become_instants(wall: str, zone: ZoneInfo, expected: datetime) -> None:
    assert at_local(datetime.fromisoformat(wall), zone) == expected


def test_clock_times() -> None:
    assert read_clock("09:05") == time(9, 5)
    for wrong in ("9:05", "24:00", "10:60", "ten"):
        with pytest.raises(ValueError, match="no time of day"):
            read_clock(wrong)
