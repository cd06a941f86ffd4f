"""F01: a worker killed at any named point loses nothing and does nothing twice."""

import signal
from datetime import UTC, datetime

import pytest

from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.busy_shop import PEOPLE, assert_all_done, finish
from tests.support.clocks import MovableClock
from tests.support.digests import BY_DAY, digest, join, results
from tests.support.rule_faults import (
    LedgerMailer,
    assert_sound,
    dies,
    engine_with,
    in_child,
    wait_for,
)
from tests.support.rule_shop import RuleShop

# The first four calls of a round are mails, one after the other; then come the texts, together,
# whose provider knows a repeat when it sees one.
MAY_BE_UNKNOWN = ("K2", "K3", "message-mid", "K2@2", "K3@2", "message-mid@2")
POINTS = (
    "fire-claimed", "fire-mid", "fire-done",
    "ingest-claimed", "ingest-mid", "ingest-committed",
    "run-claimed", "run-mid", "run-mid@3", "run-before-commit", "run-committed",
    "K0", "K1", "K2", "K3", "message-mid", "message-written",
    "K1@2", "K2@2", "K3@2", "message-mid@2", "message-written@2",
    "K1@5", "K2@5", "K3@5", "message-mid@5",
    "mirror-read", "mirror-mid",
)  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_f01_a_worker_killed_anywhere_loses_and_doubles_nothing(
    busy: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    dies(busy.database, point, lambda: finish(busy, mailer))
    finish(busy, mailer)
    assert_all_done(busy, mailer)
    unknown = busy.messages(status="unknown")
    # mails go first; nobody can ask a mail server what became of the one that was on its way
    assert len(unknown) == (point in MAY_BE_UNKNOWN)
    for message in unknown:
        assert message.reason == {"code": "outcome-unknown"}


def test_f01_a_worker_killed_at_every_point_in_turn_still_finishes(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    for point in POINTS:
        child = in_child(busy.database, f"{point}:kill", lambda: finish(busy, mailer))
        assert wait_for(child) in (0, -signal.SIGKILL)
    finish(busy, mailer)
    assert_all_done(busy, mailer)


def test_f01_killed_and_whole_end_in_the_same_state(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock
) -> None:
    dies(busy.database, "run-before-commit", lambda: finish(busy, mailer))
    dies(busy.database, "message-mid@2", lambda: finish(busy, mailer))
    finish(busy, mailer)
    clock.forward(days=8)
    dies(busy.database, "run-mid@2", lambda: finish(busy, mailer))
    finish(busy, mailer)
    assert_sound(busy, mailer)
    assert {run.outcome for run in busy.runs("thanks")} == {"finished"}


def test_f01_a_report_goes_out_once_however_often_its_worker_is_killed(
    database: Database, workspace: Workspace, mailer: LedgerMailer, clock: MovableClock
) -> None:
    wire()
    shop = RuleShop(database, workspace).open()
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest())
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    for point in ("report-read", "fire-done", "run-before-commit", "K1", "K2"):
        dies(database, point, lambda: finish(shop, mailer))
    finish(shop, mailer)
    assert (len(shop.runs("weekly")), len(results(shop)), len(shop.messages())) == (1, 1, 1)


def test_f01_a_worker_killed_before_the_queue_learns_of_it_has_done_its_work(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    dies(busy.database, "K4", engine_with(busy.database, mailer).answer)
    assert [run.cursor for run in busy.runs("thanks")] == ["steps/4"] * PEOPLE  # all is done
    finish(busy, mailer)
    assert_all_done(busy, mailer)
    assert busy.messages(status="unknown") == []
