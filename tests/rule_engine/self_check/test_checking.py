"""Each invariant is broken by hand once and the check names it; a sound store has no breach."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable

from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import definition_version
from regulars.platform.events import event
from regulars.platform.hold import place_hold
from regulars.platform.privacy.ledger import consent_entry
from regulars.rule_engine.leases import read_database_clock
from regulars.rule_engine.self_check import of_conditions
from regulars.rule_engine.self_check.breaches import Asked, Breach
from regulars.rule_engine.self_check.checking import LOOKS, check, check_now, last_check
from regulars.rule_engine.tables import (
    event_failure,
    fire,
    mirror_member,
    outbound,
    rule_state,
    run,
    run_step,
)
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SILENT_30, RuleShop, journey, mirror, sms

WAITING = journey(
    steps=[
        {"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"},
        {"do": "wait", "for": "7d"},
    ],
    guards={"purpose": "marketing", "quiet_hours": None, "cap": {"n": 3, "days": 7}},
)
BUYER = mirror(
    "buyer", {"aggregate": "count", "of": "orders", "op": "gte", "value": 1},
    {"field": "tags", "add": "buyer"},
)  # fmt: skip
LAPSED = journey(
    "lapsed", trigger={"on": "scan", "every": "day", "at": "10:00"}, when=SILENT_30,
    entry={"key": "LAST(orders).id"}, steps=[{"do": "add_tags", "tags": ["lapsed"]}],
)  # fmt: skip
Break = Callable[[UnitOfWork], Any]


class Undone(Exception):
    """Leaves a savepoint without keeping what was done in it."""


@pytest.fixture
def busy(shop: RuleShop, clock: MovableClock) -> RuleShop:
    """Runs, messages, members and fires of an ordinary day."""
    shop.publish(sms(), WAITING, BUYER, LAPSED)
    for _ in range(3):
        shop.order(shop.customer())
    shop.customer()
    shop.tick()
    shop.tick(clock.forward(days=1))
    return shop


def without_rules(uow: UnitOfWork, table: sa.Table) -> None:
    """The same table and rows, but nothing in the database watches over them any more."""
    rows = [dict(row) for row in uow.execute(table.select()).mappings()]
    plain = [sa.Column(c.name, c.type, primary_key=c.name == "id") for c in table.columns]
    uow.connection.execute(DropTable(table))
    uow.connection.execute(CreateTable(sa.Table(table.name, sa.MetaData(), *plain)))
    if rows:
        uow.connection.execute(table.insert(), rows)


def twice(table: sa.Table, **other: Any) -> Break:
    def add(uow: UnitOfWork) -> None:
        without_rules(uow, table)
        first = dict(uow.execute(table.select().order_by(table.c.id)).mappings().first() or {})
        del first["id"]
        uow.connection.execute(table.insert(), [{**first, "id": 9001, **other}])

    return add


def some(table: sa.Table, *where: Any, **values: Any) -> Break:
    """Change one row as only a hand in the database could."""

    def change(uow: UnitOfWork) -> None:
        key = table.primary_key.columns[0]
        chosen = sa.select(sa.func.min(key)).where(*where).scalar_subquery()
        done = uow.execute(table.update().where(key == chosen).values(**values))
        assert done.rowcount, "nothing was there to be broken"

    return change


def pause_long_ago(uow: UnitOfWork) -> None:
    long_ago = uow.now - timedelta(days=30)
    uow.execute(rule_state.update().values(state="paused", changed_at=long_ago))


def hold_long_ago(uow: UnitOfWork) -> None:
    uow.now -= timedelta(days=30)
    place_hold(uow, "restored")
    uow.now += timedelta(days=30)


def withdraw_before(uow: UnitOfWork) -> None:
    """The message left much later than everything its receiver said, the last of it a no."""
    late = uow.now + timedelta(days=3)
    one = sa.select(sa.func.min(outbound.c.id)).scalar_subquery()
    uow.execute(outbound.update().where(outbound.c.id == one).values(sending_at=late))
    first = uow.execute(consent_entry.select().order_by(consent_entry.c.id)).mappings().first()
    row = {**(first or {}), "id": 9001, "action": "withdraw", "hash": "x"}
    uow.connection.execute(consent_entry.insert(), [row])


def capped_out(uow: UnitOfWork) -> None:
    row = dict(uow.execute(outbound.select().order_by(outbound.c.id)).mappings().first() or {})
    for n in range(3):
        more = {"id": 9001 + n, "idempotency_key": f"{row['run']}:more:{n}"}
        before = row["sending_at"] - timedelta(days=6 - n)
        uow.connection.execute(outbound.insert(), [{**row, **more, "sending_at": before}])


def forget(uow: UnitOfWork) -> None:
    long_ago = uow.now - timedelta(days=1)
    uow.execute(event.update().values(processed_at=None, at=long_ago))


def change_version(uow: UnitOfWork) -> None:
    without = definition_version.c.kind == "rule", definition_version.c.key == "lapsed"
    uow.execute(definition_version.update().where(*without).values(body={"kind": "rule"}))


LIVE = run.c.status == "live"
FAILURE = {"attempts": 10, "error": "?", "gave_up": True}
BREAKS: dict[str, Break] = {
    "I1 entered-twice": twice(run),
    "I1 slot-twice": twice(fire),
    "I2 given-up-events": lambda uow: uow.execute(
        event_failure.insert().values(event=1, at=uow.now, **FAILURE)
    ),
    "I2 event-without-mark": some(event, historic=True, processed_at=None),
    "I3 step-without-move": some(run_step, seq=40),
    "I3 step-twice": lambda uow: uow.execute(run_step.update().values(seq=1)),
    "I4 key-twice": twice(outbound),
    "I4 impossible-state": some(outbound, status="lost"),
    "I5 unjudged": some(outbound, decision={"consent": None, "cap": None}),
    "I5 against-the-ledger": withdraw_before,
    "I5 over-the-cap": capped_out,
    "I6 neither-due-nor-waiting": some(run, LIVE, due_at=None),
    "I6 over-and-due": some(run, LIVE, status="done"),
    "I7 without-version": some(run, LIVE, version=99),
    "I8 endless-chain": some(run, chain=list("abcdef")),
    "I9 forgotten-work": forget,
    "I11 sent-while-paused": pause_long_ago,
    "I11 step-while-paused": pause_long_ago,
    "I11 sent-on-hold": hold_long_ago,
    "I12 without-reason": some(outbound, status="suppressed", reason=None),
    "I12 run-without-reason": some(
        run, LIVE, status="failed", due_at=None, token=None, reason=None
    ),
    "I13 message-of-another-run": some(outbound, rule="lapsed"),
    "I13 step-of-no-run": lambda uow: uow.execute(run.delete()),
    "I13 member-of-no-mirror": some(mirror_member, rule="nowhere"),
}  # fmt: skip


QUESTIONS = {f"{look.invariant} {look.what}": look for look in LOOKS}


def breach_after(shop: RuleShop, name: str, broken: Break) -> Breach | None:
    with shop.work() as uow:
        try:
            with uow.savepoint():
                broken(uow)
                found = QUESTIONS[name].breach(Asked(uow, read_database_clock(uow)))
                raise Undone
        except Undone:
            pass
    return found


def test_whatever_is_broken_by_hand_is_named_and_a_sound_store_is_not(
    busy: RuleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with busy.work() as uow:
        assert check(uow).breaches == ()
    for name, broken in BREAKS.items():
        found = breach_after(busy, name, broken)
        assert found is not None, name
        assert found.n >= len(found.examples) >= 1
    with busy.work() as uow:
        assert check(uow).breaches == ()
        monkeypatch.setattr(of_conditions, "holds", lambda *_: True)
        (differing,) = check(uow).breaches
    assert (differing.invariant, differing.what) == ("I10", "disagreeing")


def test_every_question_is_broken_by_hand_above() -> None:
    assert set(QUESTIONS) == {*BREAKS, "I10 disagreeing"}


def test_i7_a_version_that_was_changed_by_hand_is_named_the_night_after(busy: RuleShop) -> None:
    database, workspace = busy.database, busy.workspace
    before = [busy.runs(), busy.messages()]
    assert check_now(database, workspace, database.clock()).breaches == ()
    assert [busy.runs(), busy.messages()] == before
    with busy.work() as uow:
        change_version(uow)
    again = check_now(database, workspace, database.clock())
    assert [(each.invariant, each.what) for each in again.breaches] == [("I7", "version-changed")]
    with busy.work() as uow:
        assert last_check(uow) == again
