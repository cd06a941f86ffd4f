"""F04, F08, F09: the doorbell may be lost, emptied or absent; rules do not depend on it."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from regulars import wiring
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform import jobs
from regulars.platform.clock import utc_now
from regulars.platform.db import Database, Workspace
from regulars.platform.jobs import RedisBell, Silence
from regulars.platform.secret_keys import new_key
from regulars.platform.ticker import Ticker
from tests.support.rule_faults import dies, in_child, wait_for
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

SECRET = new_key()
ORDERS = 12
WORKER = """
from regulars.platform.config import Config
from regulars.worker import run_worker
run_worker(Config.from_environ(), ("interactive", "rules"))
"""


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Iterator[RuleShop]:
    """A shop that thanks for every order; its clock is the real one."""
    wiring.wire()
    database.clock = utc_now
    fresh = RuleShop(database, workspace).open()
    fresh.publish(sms(), journey())
    yield fresh
    jobs.install(Silence())


@contextmanager
def worker(database: Database, url: str) -> Iterator[None]:
    """A real worker process on this installation."""
    environ = {
        **os.environ,
        "REGULARS_DATA_DIR": str(database.data_dir),
        "REGULARS_DATABASE_URL": database.url,
        "REGULARS_REDIS_URL": url,
        "REGULARS_SECRET_KEY": SECRET,
    }
    process = subprocess.Popen([sys.executable, "-c", WORKER], env=environ)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def until_sent(shop: RuleShop, n: int, ticker: Ticker) -> None:
    """Tick as the ticker does until ``n`` messages have left."""
    until = time.monotonic() + 60
    while len(shop.messages(status="sent")) < n and time.monotonic() < until:
        ticker.run_once()
        time.sleep(0.2)


def assert_each_thanked_once(shop: RuleShop, people: list[int]) -> None:
    thanked = Counter(message.record for message in shop.messages(status="sent"))
    assert thanked == dict.fromkeys(people, 1)
    assert {run.status for run in shop.runs()} == {"done"}
    assert len(shop.runs()) == len(people)


def test_f08_emptying_redis_at_any_moment_loses_and_doubles_nothing(
    shop: RuleShop, valkey: redis.Redis, valkey_url: str
) -> None:
    database = shop.database
    jobs.install(RedisBell(valkey_url, SECRET, wiring.job_kinds(database)))
    ticker = Ticker(wiring.ticks(database), utc_now)
    people = []
    with worker(database, valkey_url):
        for number in range(ORDERS):
            people.append(shop.customer())
            shop.order(people[-1])
            if number % 5 == 0:
                valkey.flushall()
        until_sent(shop, ORDERS, ticker)
    assert_each_thanked_once(shop, people)


def test_f04_a_page_killed_between_commit_and_ring_is_made_up_by_the_ticker(
    shop: RuleShop,
) -> None:
    anna = shop.customer()

    def order_and_die() -> None:
        with shop.work() as uow:
            given = {"customer": anna, "paid_at": uow.now}
            uow.after_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
            create_record(uow, SYSTEM, "orders", given, origin=Origin("page"))

    killed = in_child(shop.database, "", order_and_die)
    assert wait_for(killed) == -signal.SIGKILL
    assert shop.runs() == []
    Ticker(wiring.ticks(shop.database), utc_now).run_once()
    assert_each_thanked_once(shop, [anna])


def test_f09_without_redis_the_ticker_does_the_work_itself(shop: RuleShop) -> None:
    jobs.install(RedisBell("redis://127.0.0.1:1/0", SECRET, wiring.job_kinds(shop.database)))
    people = [shop.customer() for _ in range(3)]
    for person in people:
        shop.order(person)
    Ticker(wiring.ticks(shop.database), utc_now).run_once()
    assert_each_thanked_once(shop, people)


def test_the_ticker_killed_in_the_middle_of_a_drain_is_followed_by_another(
    shop: RuleShop,
) -> None:
    people = [shop.customer() for _ in range(3)]
    for person in people:
        shop.order(person)

    def tick() -> None:
        Ticker(wiring.ticks(shop.database), utc_now).run_once()

    dies(shop.database, "ingest-mid", tick)
    tick()
    assert_each_thanked_once(shop, people)
