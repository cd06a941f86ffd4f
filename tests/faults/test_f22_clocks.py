"""F22, F23: clocks that jump, stand apart, skip an hour or show it twice."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import update_workspace
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.schedules import Schedule
from regulars.wiring import wire
from tests.support.busy_shop import LAPSED_PEOPLE, PEOPLE, assert_all_done, finish
from tests.support.clocks import MovableClock
from tests.support.rule_faults import (
    LedgerMailer,
    assert_sound,
    dies,
    engine_with,
    in_child,
    promises_kept,
    wait_for,
)
from tests.support.rule_shop import RuleShop, journey

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


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NEW_ORDER = [{"on": "record_created", "form": "orders", "link": "customer"}]
WAITS = {
    "morning": {"do": "wait_until", "at": "09:00"},
    "window": {"do": "wait_until", "window": ["09:00", "09:30"]},
    "days": {"do": "wait", "for": "3d"},
    "hours": {"do": "wait", "for": "30h"},
    "answer": {"do": "wait_for", "timeout": "2d", "any": NEW_ORDER},
    "quick": {"do": "wait_for", "timeout": "30h", "any": NEW_ORDER},
    "date": {"do": "wait_until", "formula": 'DATEADD(TODAY(), 4, "day")', "at": "10:00"},
    "instant": {"do": "wait_until", "formula": 'DATEADD(trigger.paid_at, 40, "hour")'},
}
STAY = {"hours", "quick", "instant"}


def waits_of(shop: RuleShop) -> dict[str, datetime]:
    return {run.rule: run.due_at for run in shop.runs(status="live")}


def test_f23_a_shop_that_moves_to_another_zone_keeps_the_clock_on_its_wall(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    wire()
    shop = RuleShop(database, workspace).open()
    shop.publish(*(journey(name, steps=[step], guards={}) for name, step in WAITS.items()))
    shop.engine.plan(clock())
    shop.order(shop.customer())
    shop.tick()
    before = waits_of(shop)
    assert set(before) == set(WAITS)
    update_workspace(database, replace(workspace, zone="Europe/Berlin"))
    moved = RuleShop(database, replace(workspace, zone="Europe/Berlin"))
    dies(database, "zone-moved", lambda: moved.engine.plan(clock()))
    for _again in range(2):
        moved.engine.plan(clock())
    after = waits_of(moved)
    for name, was in before.items():
        if name in STAY:
            assert after[name] == was, name
        else:
            wall = after[name].astimezone(BERLIN).replace(tzinfo=None)
            assert wall == was.astimezone(SHANGHAI).replace(tzinfo=None), name
    clock.forward(days=10)
    moved.tick()
    assert {run.status for run in moved.runs()} == {"done"}
    promises_kept(database, moved.workspace)
