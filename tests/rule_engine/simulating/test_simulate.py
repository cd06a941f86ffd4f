"""Simulations against the real engine, against plain Python, and against what is stored."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.db import workspace_metadata
from regulars.platform.errors import Invalid
from regulars.rule_engine.service import start_manually
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.simulating.result import Simulation
from regulars.rule_engine.simulating.simulate import simulate
from regulars.rule_engine.simulating.span import Span, Wish
from tests.support.busy_shop import COUPON
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import PAID, SILENT_30, SYSTEM, RuleShop, journey, sms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOUGHT = {"on": "record_created", "form": "orders", "link": "customer", "where": PAID}
Sent = set[tuple[int, str, str, str | None, str]]


def win_back(**parts: object) -> dict[str, Any]:
    """Write after 30 silent days, wait a week for an order, write again."""
    return journey(
        "win_back",
        **{
            "trigger": {"on": "scan", "every": "day", "at": "10:00"},
            "when": SILENT_30,
            "entry": {"key": "LAST(orders).id"},
            "exit": [{**BOUGHT, "outcome": "goal"}],
            "guards": {
                "purpose": "marketing", "quiet_hours": ["09:00", "11:00"], "control_group": 30,
                "cap": {"n": 1, "days": 5},
            },
            "steps": [
                {"id": "s1", "do": "send_message", "message": "first", "channel": "sms"},
                {
                    "id": "s2", "do": "wait_for", "any": [BOUGHT], "timeout": "7d",
                    "timed_out": [
                        {"id": "s3", "do": "send_message", "message": "second", "channel": "sms"}
                    ],
                },
            ],
            **parts,
        },
    )  # fmt: skip


def run_simulation(shop: RuleShop, raw: Mapping[str, Any], days: int, end: datetime) -> Simulation:
    """A simulation of the last days up to an instant."""
    with shop.work(end) as uow:
        wish = keeping.wish_of(uow, SYSTEM, raw["key"], days, raw)
    return simulate(shop.database, shop.workspace, wish, locale="en")


def live_through(shop: RuleShop, clock: MovableClock, *, tick: bool) -> dict[str, int]:
    """Twenty days in a small shop: people fall silent, come back, change their minds."""
    people = {name: shop.customer(name=name) for name in ("ann", "bob", "eve", "ida")}
    people["tom"] = shop.customer(name="tom", agrees=False)
    for n, person in enumerate(people.values()):
        shop.order(person, at=NOW - 25 * DAY + n * 7 * HOUR)
    shop.tick()
    for day in range(1, 21):
        if day == 9:
            shop.order(people["bob"])  # before the second message
        if day == 7:
            shop.consent(people["eve"], "withdraw")
        if day == 8:
            shop.consent(people["tom"])
        if day == 12:
            shop.change("customers", people["ida"], name="Ida")
        for hours in (1, 21.5, 1.5):  # one o'clock, half past ten, noon
            clock.forward(hours=hours)
            if tick:
                shop.tick()
    return people


def sent_by_simulation(found: Simulation) -> Sent:
    """Whom, which step, how it ended, why not, and on which day."""
    return {
        (each.record, each.step, each.status, each.reason, each.at.date().isoformat())
        for each in found.messages
    }


def sent_really(shop: RuleShop) -> Sent:
    """The same of what the engine has really done."""
    found = set()
    for row in shop.messages(rule="win_back"):
        at = row.sending_at or row.finished_at or row.created_at
        reason = (row.reason or {}).get("code")
        found.add((row.record, row.step, row.status, reason, at.date().isoformat()))
    return found


def test_a_simulation_says_what_really_happened(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms("first"), sms("second"), win_back())
    live_through(shop, clock, tick=True)
    real = sent_really(shop)
    found = run_simulation(shop, win_back(), 21, clock())
    assert {status for _record, _step, status, _why, _day in real} >= {"sent", "suppressed"}
    assert sent_by_simulation(found) == real
    entered = {(run.record, run.outcome) for run in shop.runs("win_back")}
    assert {(each.record, each.outcome) for each in found.entered} == entered
    assert found.figures.deferred == found.figures.sent  # each came to the quiet hours first


def test_a_draft_that_never_ran_gives_the_same_as_running_it(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms("first"), sms("second"))
    people = live_through(shop, clock, tick=False)
    found = run_simulation(shop, win_back(), 21, clock())
    # by hand: silent for thirty days on the fifth or sixth day; scanned at ten, sent at eleven
    assert {each.record for each in found.entered} == set(people.values())
    days = {each.record: each.at.astimezone(shop.workspace.tz) for each in found.entered[:5]}
    assert {at.strftime("%H:%M") for at in days.values()} == {"10:00"}
    assert {at.date() for at in days.values()} == {
        (NOW + 5 * DAY).date(), (NOW + 6 * DAY).date()
    }  # fmt: skip
    assert shop.runs("win_back") == []


def test_nothing_is_written_or_sent(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms("first"), sms("second"))
    live_through(shop, clock, tick=False)
    shop.tick()
    before = whole_store(shop)
    found = run_simulation(shop, win_back(), 21, clock())
    assert found.figures.sent
    assert whole_store(shop) == before
    assert shop.mailer.outbox == []
    assert not list((shop.database.data_dir / "scratch").iterdir())


def whole_store(shop: RuleShop) -> str:
    """A digest of every byte of the file, or of every row where there is no file."""
    if shop.database.is_sqlite:
        path = shop.database.path_of(shop.workspace.store)
        parts = [path, path.with_name(f"{path.name}-wal")]
        return hashlib.sha256(b"".join(p.read_bytes() for p in parts if p.exists())).hexdigest()
    digest = hashlib.sha256()
    with shop.work() as uow:
        for table in workspace_metadata.sorted_tables:
            rows = sorted(str(row) for row in uow.execute(sa.select(table)))
            digest.update("\n".join(rows).encode())
    return digest.hexdigest()


def test_imported_orders_count_from_their_own_date(shop: RuleShop) -> None:
    """Recounted in plain Python: thirty silent days, once for each newest order."""
    shop.publish(sms("first"), sms("second"))
    paid = {}
    for n, gaps in enumerate([(80, 45), (50, 20), (33,), (20, 2), (90,), (65, 31, 30)]):
        person = shop.customer(name=f"p{n}", at=NOW - 100 * DAY)
        paid[person] = [NOW - timedelta(days=gap, hours=3) for gap in gaps]
        for at in paid[person]:
            shop.order(person, paid_at=at, automation="none")
    found = run_simulation(shop, win_back(guards={"purpose": "marketing"}), 30, NOW)
    assert {(e.record, e.at) for e in found.entered} == recount(shop, paid, NOW - 30 * DAY, NOW)
    assert "imported" in found.figures.doubts


def recount(
    shop: RuleShop, paid: Mapping[int, list[datetime]], start: datetime, end: datetime
) -> set[tuple[int, datetime]]:
    """Who enters when, without any of the product."""
    zone = shop.workspace.tz
    found, known = set(), set()
    first = start.astimezone(zone).date()
    ten = [
        datetime.combine(first + timedelta(days=n), datetime.min.time(), zone) + 10 * HOUR
        for n in range(32)
    ]
    for person, instants in paid.items():
        last = max((at for at in instants if at <= start), default=None)
        if last and (start.astimezone(zone).date() - last.astimezone(zone).date()).days >= 30:
            known.add((person, last))  # fitted when the rule began: backlog
    for slot in (each for each in ten if start < each <= end):
        for person, instants in paid.items():
            last = max((at for at in instants if at <= slot), default=None)
            silent = last and (slot.date() - last.astimezone(zone).date()).days >= 30
            if last and silent and (person, last) not in known:
                known.add((person, last))
                found.add((person, slot))
    return found


def test_what_was_changed_and_deleted_counts_as_it_was_then(
    shop: RuleShop, clock: MovableClock
) -> None:
    gold = journey(
        "gold_hello",
        trigger={"on": "scan", "every": "day", "at": "10:00"},
        when={"field": "tier", "op": "is", "value": "gold"},
        entry={"backlog": "enrol"},
    )
    shop.publish(sms())
    was_gold, becomes_gold = shop.customer(tier="gold"), shop.customer(tier="basic")
    gone = shop.customer(tier="gold")
    clock.forward(days=5)
    shop.change("customers", was_gold, tier="basic")
    shop.change("customers", becomes_gold, tier="gold")
    shop.delete("customers", gone)
    clock.forward(days=3)
    found = run_simulation(shop, gold, 7, clock())
    days = {each.record: (each.at - NOW).days for each in found.entered}
    assert days == {was_gold: 1, gone: 1, becomes_gold: 5}


def test_what_it_writes_stands_beside_what_was_written_meanwhile(
    shop: RuleShop, clock: MovableClock
) -> None:
    thanks = journey("thanks", steps=[COUPON])
    who = shop.customer()
    clock.forward(days=1)
    shop.order(who)
    clock.forward(hours=1)
    with shop.work() as uow:
        create_record(uow, SYSTEM, "coupons", {"code": "by hand"}, origin=Origin("cli"))
    clock.forward(hours=1)
    shop.order(who)
    found = run_simulation(shop, thanks, 7, clock())
    assert [each.outcome for each in found.entered] == ["finished", "finished"]


def test_a_rule_that_cannot_run_says_why(shop: RuleShop) -> None:
    broken = win_back(when={"field": "nonsense", "op": "is", "value": 1})
    with pytest.raises(Invalid) as refused:
        run_simulation(shop, broken, 7, NOW)
    assert refused.value.problems
    with pytest.raises(Invalid):
        run_simulation(shop, win_back(), 9999, NOW)


def test_the_peak_is_kept_with_the_wording(shop: RuleShop) -> None:
    shop.publish(sms("first"), sms("second"), win_back())
    with shop.work() as uow:
        wish = keeping.wish_of(uow, SYSTEM, "win_back", 30)
        assert keeping.expected_peak_per_hour(uow, "win_back") is None
    found = simulate(shop.database, shop.workspace, wish, locale="en")
    with shop.work() as uow:
        keeping.keep(uow, SYSTEM, wish, 30, found)
        assert keeping.expected_peak_per_hour(uow, "win_back") == found.figures.peak_per_hour
    shop.publish(win_back(label={"en": "Come back"}))
    with shop.work() as uow:
        assert keeping.expected_peak_per_hour(uow, "win_back") is None


def test_the_span_is_made_of_calendar_days(shop: RuleShop) -> None:
    span = Span.last(30, NOW, shop.workspace.tz)
    assert span.length == 30 * DAY
    assert span.holds(NOW)
    assert not span.holds(span.start)
    assert Wish({"key": "k"}, span).key == "k"


def test_whom_the_rules_own_limits_keep_out_is_counted_once(
    shop: RuleShop, clock: MovableClock
) -> None:
    """Three people are scanned each day; one has just been in the rule, one is in another one."""
    shop.publish(
        sms(),
        journey("other", trigger={"on": "manual"}, entry={"group": "g", "max_live_per_group": 1},
                steps=[{"do": "wait", "for": "60d"}]),
    )  # fmt: skip
    busy, gold, later = (shop.customer(tier="gold") for _ in range(3))
    with shop.work() as uow:
        start_manually(uow, SYSTEM, "other", [busy])
    clock.forward(days=3)
    shop.order(gold)
    clock.forward(days=2)
    shop.order(gold)
    clock.forward(days=4)
    daily = journey(
        "daily", trigger={"on": "scan", "every": "day", "at": "10:00"},
        when={"field": "tier", "op": "is", "value": "gold"},
        entry={"key": "LAST(orders).id", "backlog": "enrol", "min_gap_days": 30, "group": "g",
               "max_live_per_group": 1},
        steps=[{"do": "send_message", "message": "hello", "channel": "sms"}],
    )  # fmt: skip
    found = run_simulation(shop, daily, 8, clock())
    assert {each.record for each in found.entered} == {gold, later}
    assert found.figures.held == {"min-gap": 2, "group-full": 1}
    told = run_simulation(shop, journey(entry={"min_gap_days": 30}), 8, clock())
    assert (told.figures.entries, told.figures.held) == (1, {"min-gap": 1})
