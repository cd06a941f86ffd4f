"""F24: a step that kills its worker, never ends or always fails is laid aside; others go on."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from regulars.platform.events import event
from regulars.rule_engine import leases
from regulars.rule_engine.steps.base import StepWork
from regulars.rule_engine.steps.records import CreateRecord
from tests.support.busy_shop import PEOPLE, finish
from tests.support.clocks import MovableClock
from tests.support.rule_faults import LedgerMailer, assert_sound, in_child, wait_for
from tests.support.rule_shop import RuleShop

MOST = 4


def crash() -> None:
    os.abort()


def run_out_of_memory() -> None:
    raise MemoryError


def never_end() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.2)  # what a worker's time limit does
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    while True:
        time.sleep(0.05)


@pytest.mark.parametrize("poison", [crash, run_out_of_memory, never_end])
def test_f24_one_poisoned_run_is_laid_aside_and_all_others_are_done(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock, poison: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(leases, "MAX_ATTEMPTS", MOST)
    finish_one, finish_all = CreateRecord.perform, CreateRecord.perform_together
    victim = min(people(busy))

    def perform(self: CreateRecord, work: StepWork) -> Any:
        if work.run.record == victim:
            poison()
        return finish_one(self, work)

    def perform_together(self: CreateRecord, works: Sequence[StepWork]) -> Any:
        if any(work.run.record == victim for work in works):
            poison()
        return finish_all(self, works)

    monkeypatch.setattr(CreateRecord, "perform", perform)
    monkeypatch.setattr(CreateRecord, "perform_together", perform_together)
    for _ in range(3 * MOST):
        wait_for(in_child(busy.database, "", lambda: finish(busy, mailer)))
        clock.forward(minutes=20)
        if busy.runs("thanks", status="stuck"):
            break
    finish(busy, mailer)
    stuck = busy.runs("thanks", status="stuck")
    assert [run.record for run in stuck] == [victim]
    assert stuck[0].attempts <= MOST
    assert stuck[0].reason is not None
    assert len(busy.messages(channel="sms", rule="thanks", status="sent")) == PEOPLE - 1
    assert_sound(busy, mailer)


def people(shop: RuleShop) -> list[int]:
    """Whose orders wait to be looked at."""
    with shop.work() as uow:
        waiting = event.select().where(event.c.processed_at.is_(None), event.c.form == "orders")
        return [row.changes["customer"][1] for row in uow.execute(waiting)]
