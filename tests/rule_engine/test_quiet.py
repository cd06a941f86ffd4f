from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from regulars.rule_engine.quiet import is_quiet, window_opens

NIGHT = (time(21, 0), time(9, 0))
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [
        ("20:59", False),
        ("21:00", True),
        ("23:59", True),
        ("00:00", True),
        ("08:59", True),
        ("09:00", False),
    ],
)
def test_the_night_is_quiet_from_its_first_to_before_its_last_minute(
    clock: str, quiet: bool
) -> None:
    assert is_quiet(NIGHT, local(f"2026-03-10T{clock}"), SHANGHAI) is quiet


def test_a_noon_rest_does_not_reach_over_midnight() -> None:
    rest = (time(12, 0), time(14, 0))
    assert is_quiet(rest, local("2026-03-10T13:00"), SHANGHAI)
    assert not is_quiet(rest, local("2026-03-10T23:00"), SHANGHAI)


def test_no_hours_or_empty_hours_are_never_quiet() -> None:
    now = local("2026-03-10T03:00")
    assert not is_quiet(None, now, SHANGHAI)
    assert not is_quiet((time(9), time(9)), now, SHANGHAI)


@pytest.mark.parametrize(
    ("now", "opens"),
    [("2026-03-10T22:00", "2026-03-11T09:00"), ("2026-03-11T03:00", "2026-03-11T09:00")],
)
def test_the_next_window_is_the_coming_morning(now: str, opens: str) -> None:
    assert window_opens(NIGHT, local(now), SHANGHAI) == local(opens)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [("2026-03-28T22:00", "2026-03-29T09:00"), ("2026-10-24T22:00", "2026-10-25T09:00")],
)
def test_the_morning_after_a_clock_change_is_nine_by_the_clock_on_the_wall(
    evening: str, morning: str
) -> None:
    assert window_opens(NIGHT, local(evening, BERLIN), BERLIN) == local(morning, BERLIN)
