"""F02: the worker is killed and its work-horse goes on alone, beside the one who takes over."""

import signal

import redis

from tests.support.busy_shop import assert_all_done, finish
from tests.support.processes import is_alive
from tests.support.processes import wait_for as wait_until
from tests.support.real_worker import bell, ticker, worker
from tests.support.rule_faults import AT_ONCE, LedgerMailer, engine_with, picture, wait_for
from tests.support.rule_shop import RuleShop


def test_f02_an_orphan_that_goes_on_adds_nothing_to_what_its_heir_did(
    busy: RuleShop, mailer: LedgerMailer, valkey: redis.Redis, valkey_url: str
) -> None:
    engine = engine_with(busy.database, mailer)
    bell(valkey_url, engine)
    with worker(busy, mailer, valkey_url, "run-claimed@1:sleep:2", AT_ONCE) as parent:
        ticker(busy, engine).run_once()
        wait_until(lambda: any(run.token for run in busy.runs()), "runs in hand")
        (orphan,) = parent.children()
        parent.kill()
        assert wait_for(parent.pid) == -signal.SIGKILL
        assert is_alive(orphan.pid)
        finish(busy, mailer)
        before = picture(busy)
        wait_until(lambda: not is_alive(orphan.pid), "the orphan's end")
    assert picture(busy) == before
    assert_all_done(busy, mailer)
