"""F12, F13, F15: the database's connection breaks inside a transaction, or between COMMIT and its
answer, or two transactions wait for each other. Nothing is lost, nothing happens twice."""

import pytest
import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork
from regulars.rule_engine.patience import patiently
from regulars.rule_engine.tables import rule_state
from tests.faults.test_f14_locked_store import cut_once
from tests.support.busy_shop import assert_all_done, finish
from tests.support.clocks import MovableClock
from tests.support.lossy_proxy import lossy_proxy
from tests.support.rule_faults import (
    LedgerMailer,
    engine_with,
    goes_on,
    in_child,
    promises_kept,
    stops,
    wait_for,
)
from tests.support.rule_shop import RuleShop


@pytest.mark.parametrize("point", ["ingest-mid@1", "run-mid@2", "run-before-commit@1"])
def test_f12_a_transaction_that_breaks_off_is_rolled_back_and_done_again(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock, point: str
) -> None:
    if busy.database.is_sqlite:  # there is no line to be cut; the work itself breaks off
        child = in_child(busy.database, f"{point}:raise", lambda: finish(busy, mailer))
        assert wait_for(child) == 0
        clock.forward(minutes=1)  # what failed is tried again after a while
    else:
        child = stops(busy.database, point, lambda: finish(busy, mailer))
        cut_once(busy.database)
        assert goes_on(child) == 1
    finish(busy, mailer)
    assert_all_done(busy, mailer)


@pytest.mark.parametrize("commit", [2, 5, 9])
def test_f13_a_commit_whose_answer_is_lost_is_not_done_twice(
    busy: RuleShop, mailer: LedgerMailer, postgres_front: str, commit: int
) -> None:
    if busy.database.is_sqlite:  # the answer of a file cannot be lost, only its reader
        engine = engine_with(busy.database, mailer)
        child = in_child(
            busy.database, f"W2@{commit}:kill", lambda: engine.tick(None, busy.workspace)
        )
        wait_for(child)
    else:
        with lossy_proxy(postgres_front) as wire:
            url = busy.database.url.replace(postgres_front, str(wire.folder))
            far = Database(url, busy.database.data_dir, clock=busy.database.clock)
            engine = engine_with(far, mailer)
            wire.lose_reply_of_commit(commit)
            with pytest.raises(sa.exc.DBAPIError):
                engine.tick(None, busy.workspace)
            assert wire.lost == 1
            engine.tick(None, busy.workspace)  # the pool has forgotten the line that was cut
            far.close()
    finish(busy, mailer)
    assert_all_done(busy, mailer)


def test_f15_of_two_that_wait_for_each_other_both_come_through(busy: RuleShop) -> None:
    def take_both(first: str, second: str) -> None:
        def work() -> None:
            with busy.work() as uow:
                _take(uow, first)
                _wait_a_moment(uow)
                _take(uow, second)

        patiently(work)

    crowd = [
        in_child(busy.database, "", lambda a=a, b=b: take_both(a, b))  # type: ignore[misc]
        for a, b in (("thanks", "lapsed"), ("lapsed", "thanks"))
    ]
    assert [wait_for(child) for child in crowd] == [0, 0]
    with busy.work() as uow:
        kept = dict(uow.execute(sa.select(rule_state.c.rule, rule_state.c.changed_by)).all())
    assert kept["thanks"] == kept["lapsed"] == "me, me"
    promises_kept(busy.database, busy.workspace)


def _take(uow: UnitOfWork, rule: str) -> None:
    by = sa.case((rule_state.c.changed_by == "me", "me, me"), else_="me")
    uow.execute(rule_state.update().where(rule_state.c.rule == rule).values(changed_by=by))


def _wait_a_moment(uow: UnitOfWork) -> None:
    """Long enough for the other to hold its first row."""
    if uow.dialect == "postgresql":
        uow.execute(sa.select(sa.func.pg_sleep(0.3)))
