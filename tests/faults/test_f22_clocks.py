"""F22, F23: clocks that jump, stand apart, skip an hour or show it twice."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from regulars.platform.db import Database
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.schedules import Schedule
from tests.support.busy_shop import LAPSED_PEOPLE, PEOPLE, assert_all_done, finish
from tests.support.clocks import MovableClock
from tests.support.rule_faults import LedgerMailer, assert_sound, engine_with, in_child, wait_for
from tests.support.rule_shop import RuleShop

JUMPS = (timedelta(hours=-1), timedelta(hours=1), timedelta(days=-1), timedelta(days=40))


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_f22_a_clock_that_jumps_sends_nothing_again(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock, jump: timedelta
) -> None:
    finish(busy, mailer)
    assert len(busy.messages()) == 2 * PEOPLE + LAPSED_PEOPLE
    today = clock.forward(minutes=2)  # the mirror's first look-over has come to rest
    finish(busy, mailer)
    clock.now = today + jump
    finish(busy, mailer)
    lapsed = LAPSED_PEOPLE + (PEOPLE if jump > timedelta(days=30) else 0)
    assert len(busy.runs("lapsed")) == lapsed  # one lapse, one entry, however often asked
    before = len(busy.messages())
    clock.now = today
    finish(busy, mailer)
    assert len(busy.messages()) == before == 2 * PEOPLE + lapsed
    assert_sound(busy, mailer)


def test_f22_two_machines_five_minutes_apart_do_each_thing_once(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock
) -> None:
    def ahead() -> None:
        now = clock.now + timedelta(minutes=5)
        far = Database(busy.database.url, busy.database.data_dir, clock=lambda: now)
        engine_with(far, mailer, timedelta(seconds=60)).tick(None, busy.workspace)
        far.close()

    child = in_child(busy.database, "", ahead)
    engine_with(busy.database, mailer, timedelta(seconds=60)).tick(None, busy.workspace)
    assert wait_for(child) == 0
    clock.forward(minutes=6)
    finish(busy, mailer)
    assert_all_done(busy, mailer)
    assert busy.messages(status="unknown") == []


CHANGES = {
    "Asia/Shanghai": datetime(2026, 3, 29, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 3, 28, tzinfo=UTC),
    "Europe/Berlin ": datetime(2026, 10, 24, tzinfo=UTC),
    "America/New_York": datetime(2026, 3, 7, tzinfo=UTC),
    "America/New_York ": datetime(2026, 10, 31, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, tzinfo=UTC),
    "Australia/Lord_Howe ": datetime(2026, 10, 3, tzinfo=UTC),
}


@pytest.mark.parametrize("place", CHANGES)
@pytest.mark.parametrize("at", ["01:45", "02:15", "02:30", "03:00"])
def test_f23_a_daily_schedule_fires_once_on_each_day_of_a_change(place: str, at: str) -> None:
    zone, start = ZoneInfo(place.strip()), CHANGES[place]
    schedule = Schedule.of(Trigger.from_json({"on": "scan", "every": "day", "at": at}))
    assert schedule is not None
    fired, seen = [], start
    while len(fired) < 4:
        fired.append(schedule.next(seen, zone))
        seen = fired[-1]
    days = [each.astimezone(zone).date() for each in fired]
    assert days == [days[0] + timedelta(days=n) for n in range(4)]
    for each in fired:
        meant = datetime.combine(each.astimezone(zone).date(), time.fromisoformat(at), zone)
        late = each.astimezone(zone).replace(tzinfo=None) - meant.replace(tzinfo=None)
        assert timedelta(0) <= late <= timedelta(hours=1)  # in the gap: the first moment after it
