"""F07: an update stops the workers: what is in hand is finished, and the rest is found again."""

import os
import signal

import redis

from tests.support.busy_shop import assert_all_done, finish
from tests.support.real_worker import bell, stopped_child, ticker, worker
from tests.support.rule_faults import LedgerMailer, engine_with, wait_for
from tests.support.rule_shop import RuleShop


def test_f07_a_worker_told_to_stop_finishes_what_it_has_in_hand(
    busy: RuleShop, mailer: LedgerMailer, valkey: redis.Redis, valkey_url: str
) -> None:
    engine = engine_with(busy.database, mailer)
    bell(valkey_url, engine)
    with worker(busy, mailer, valkey_url, "run-claimed@1:stop") as parent:
        ticker(busy, engine).run_once()
        in_hand = stopped_child(parent)
        claimed = {run.id for run in busy.runs() if run.token}
        parent.terminate()
        os.kill(in_hand.pid, signal.SIGCONT)
        assert wait_for(parent.pid) == 0
    assert claimed
    assert not {run.id for run in busy.runs() if run.token}  # none was left behind half done
    assert {run.cursor for run in busy.runs("thanks") if run.id in claimed} == {"steps/4"}
    finish(busy, mailer)
    assert_all_done(busy, mailer)
