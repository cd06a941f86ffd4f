from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.schedules import Schedule

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
DAILY = Schedule("day", time(10, 0))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_daily_slot_is_wall_clock_time_in_the_shops_zone() -> None:
    assert DAILY.due(utc(2026, 3, 9, 3), utc(2026, 3, 10, 4), SHANGHAI) == [utc(2026, 3, 10, 2)]
    assert DAILY.due(utc(2026, 3, 10, 2), utc(2026, 3, 10, 4), SHANGHAI) == []
    assert DAILY.next(utc(2026, 3, 10, 2), SHANGHAI) == utc(2026, 3, 11, 2)


def test_after_downtime_only_the_latest_missed_slot_is_worked_on() -> None:
    assert DAILY.due(utc(2026, 1, 1), utc(2026, 3, 10, 4), SHANGHAI) == [utc(2026, 3, 10, 2)]


def test_skip_leaves_a_stale_slot_out_but_not_a_fresh_one() -> None:
    skipping = Schedule("day", time(10, 0), misfire="skip")
    assert skipping.due(utc(2026, 3, 9, 3), utc(2026, 3, 10, 5), SHANGHAI) == []
    assert skipping.due(utc(2026, 3, 9, 3), utc(2026, 3, 10, 3), SHANGHAI) == [utc(2026, 3, 10, 2)]


def test_a_date_field_works_on_every_missed_day_but_not_forever() -> None:
    schedule = Schedule.of(Trigger("date_field", settings={"field": "birthday"}))
    assert schedule is not None
    assert schedule.at == time(9, 0)
    missed = schedule.due(utc(2026, 3, 7, 2), utc(2026, 3, 10, 4), SHANGHAI)
    assert missed == [utc(2026, 3, day, 1) for day in (8, 9, 10)]
    assert len(schedule.due(utc(2025, 1, 1), utc(2026, 3, 10, 4), SHANGHAI)) == 31


def test_events_have_no_schedule() -> None:
    assert Schedule.of(Trigger("record_created", "orders")) is None


def test_a_slot_in_the_hour_that_the_clock_skips_comes_right_after_and_once() -> None:
    early = Schedule("day", time(2, 30), misfire="each")
    assert list(early.slots(utc(2026, 3, 28), utc(2026, 3, 31), BERLIN)) == [
        utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1, 0), utc(2026, 3, 30, 0, 30),
    ]  # fmt: skip


def test_a_slot_in_the_hour_that_comes_twice_is_worked_on_once() -> None:
    early = Schedule("day", time(2, 30), misfire="each")
    slots = list(early.slots(utc(2026, 10, 24, 12), utc(2026, 10, 26), BERLIN))
    assert slots == [utc(2026, 10, 25, 0, 30)]


def test_weeks_months_and_hours() -> None:
    weekly = Schedule("week", time(8, 0), weekday=0)
    assert weekly.next(utc(2026, 3, 10, 4), SHANGHAI) == utc(2026, 3, 16, 0)
    monthly = Schedule("month", time(8, 0), day=28)
    assert monthly.next(utc(2026, 3, 28, 4), SHANGHAI) == utc(2026, 4, 28, 0)
    hourly = Schedule("hour", time(0, 15))
    assert hourly.next(utc(2026, 3, 10, 4, 15), SHANGHAI) == utc(2026, 3, 10, 5, 15)


moments = st.datetimes(
    datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@given(moments, st.lists(st.integers(1, 3000), max_size=12), st.sampled_from([SHANGHAI, BERLIN]))
def test_however_often_one_looks_each_slot_is_seen_once(
    start: datetime, steps: list[int], zone: ZoneInfo
) -> None:
    schedule = Schedule("day", time(2, 30), misfire="each")
    seen, settled = [], start
    for minutes in steps:
        upto = settled + timedelta(minutes=minutes)
        seen += schedule.due(settled, upto, zone)
        settled = upto
    assert seen == list(schedule.slots(start, settled, zone))
    assert len(set(seen)) == len(seen)
