"""A real worker of rules: an RQ process that forks a child for every job, forked from the test."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psutil

from regulars.platform import jobs
from regulars.platform.job_worker import run_worker
from regulars.platform.jobs import RedisBell
from regulars.platform.secret_keys import new_key
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick, Ticker
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.ticking import Engine
from tests.support.processes import wait_for as wait_until
from tests.support.rule_faults import LedgerMailer, engine_with, in_child, wait_for
from tests.support.rule_shop import RuleShop

SECRET = new_key()
LEASE = timedelta(seconds=60)


def kinds(engine: Engine) -> tuple[JobKind, ...]:
    """The one kind of work there is."""
    return (JobKind(JOB, "rules", lambda _payload: engine.answer(), 120),)


def bell(url: str, engine: Engine) -> RedisBell:
    """The doorbell of this installation; from now on commits ring it."""
    made = RedisBell(url, SECRET, kinds(engine))
    jobs.install(made)
    return made


@contextmanager
def worker(
    shop: RuleShop, mailer: LedgerMailer, url: str, fault: str = "", lease: timedelta = LEASE
) -> Iterator[psutil.Process]:
    """A worker that answers the doorbell until the block is left."""
    engine = engine_with(shop.database, mailer, lease)
    database = shop.database

    def work() -> None:
        run_worker(url, SECRET, kinds(engine), ("rules",), (database.after_fork,))

    child = in_child(database, fault, work)
    try:
        yield psutil.Process(child)
    finally:
        if psutil.pid_exists(child):
            os.kill(child, signal.SIGTERM)
            wait_for(child)


def ticker(shop: RuleShop, engine: Engine) -> Ticker:
    """What looks after due work every few seconds."""
    tick = Tick("rules", lambda _now: engine.answer(), job=JOB, is_due=engine.is_due)
    return Ticker((Tick("rule schedules", engine.plan), tick), shop.database.clock)


def tick_until_done(shop: RuleShop, engine: Engine) -> None:
    """Tick until nothing is due any more."""
    clockwork = ticker(shop, engine)

    def is_done() -> bool:
        clockwork.run_once()
        time.sleep(0.05)
        return not engine.is_due(shop.database.clock())

    wait_until(is_done, "all due work to be done")


def stopped_child(parent: psutil.Process) -> psutil.Process:
    """The work-horse of a worker, once a fault has suspended it."""

    def found() -> list[psutil.Process]:
        return [each for each in parent.children() if each.status() == psutil.STATUS_STOPPED]

    return wait_until(found, "the work-horse to stop")[0]
