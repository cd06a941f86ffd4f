"""F09-F11: Redis is away, hangs, has forgotten everything, takes no writes or throws keys away.

Saving goes on, the ticker does the work itself, and the doorbell is heard again afterwards.
"""

import signal
import subprocess
from collections.abc import Iterator

import psutil
import pytest
import redis

from regulars.platform import jobs, redis_server
from regulars.platform.health.findings import Place
from regulars.platform.health.storage import queue
from regulars.rule_engine.publishing import JOB
from tests.support.busy_shop import assert_all_done, finish
from tests.support.real_worker import bell, ticker
from tests.support.rule_faults import LedgerMailer, engine_with
from tests.support.rule_shop import RuleShop
from tests.support.valkey import start_valkey


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A server to be maltreated."""
    process, url = start_valkey(tmp_path_factory.mktemp("own"))
    yield process, url
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def server(own_server: tuple["subprocess.Popen[bytes]", str]) -> Iterator[redis.Redis]:
    """A client of it; afterwards it is as new."""
    client = redis_server.client(own_server[1], patience=10)
    client.flushall()
    yield client
    client.replicaof("NO", "ONE")
    client.config_set("maxmemory", "0")
    client.config_set("maxmemory-policy", "noeviction")
    client.close()


def valkey_of(leash: "subprocess.Popen[bytes]") -> psutil.Process:
    """The server itself: it runs under a leash of ours."""
    (found,) = psutil.Process(leash.pid).children()
    return found


def said_of(shop: RuleShop, url: str) -> list[tuple[str, str]]:
    place = Place(shop.database, shop.workspace, shop.database.clock(), url)
    return [(each.level, each.code) for each in queue(place)]


def test_f09_without_redis_the_ticker_does_the_work_itself(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    engine = engine_with(busy.database, mailer)
    bell("redis://127.0.0.1:1/0", engine)
    ticker(busy, engine).run_once()
    assert_all_done(busy, mailer)


def test_f09_a_server_that_hangs_costs_a_moment_and_no_work(
    busy: RuleShop, mailer: LedgerMailer, own_server: tuple["subprocess.Popen[bytes]", str],
    server: redis.Redis, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    process, url = own_server
    monkeypatch.setattr(jobs, "REST_SECONDS", 60.0)
    engine = engine_with(busy.database, mailer)
    rung = bell(url, engine)
    hung = valkey_of(process)
    hung.send_signal(signal.SIGSTOP)
    try:
        assert not rung.ring(JOB)
        assert said_of(busy, url) == [("watch", "queue-silent")]
        ticker(busy, engine).run_once()
    finally:
        hung.send_signal(signal.SIGCONT)
    assert_all_done(busy, mailer)
    assert not rung.ring(JOB)  # it is left alone for a while
    assert bell(url, engine).ring(JOB)


def test_f09_a_server_that_was_restarted_empty_is_rung_again(
    busy: RuleShop, mailer: LedgerMailer, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(jobs, "REST_SECONDS", 0.0)
    folder = tmp_path_factory.mktemp("again")
    process, url = start_valkey(folder)
    engine = engine_with(busy.database, mailer)
    rung = bell(url, engine)
    assert rung.ring(JOB)
    process.kill()
    process.wait()
    assert not rung.ring(JOB)
    again, url = start_valkey(folder)
    try:
        assert rung.ring(JOB)
        finish(busy, mailer)
    finally:
        again.terminate()
        again.wait(timeout=30)
    assert_all_done(busy, mailer)


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_f10_a_server_that_takes_no_writes_is_as_good_as_away(
    busy: RuleShop, mailer: LedgerMailer, server: redis.Redis, how: str,
    own_server: tuple["subprocess.Popen[bytes]", str],
) -> None:  # fmt: skip
    engine = engine_with(busy.database, mailer)
    rung = bell(own_server[1], engine)
    if how == "full":
        server.config_set("maxmemory", "1")
    else:
        server.replicaof("127.0.0.1", "1")
    assert not rung.ring(JOB)
    assert said_of(busy, own_server[1]) == [("watch", "queue-refuses")]
    ticker(busy, engine).run_once()
    assert_all_done(busy, mailer)


def test_f11_a_server_that_throws_keys_away_is_named_and_loses_nothing(
    busy: RuleShop, mailer: LedgerMailer, server: redis.Redis,
    own_server: tuple["subprocess.Popen[bytes]", str],
) -> None:  # fmt: skip
    engine = engine_with(busy.database, mailer)
    rung = bell(own_server[1], engine)
    server.config_set("maxmemory-policy", "allkeys-random")
    assert said_of(busy, own_server[1]) == [("bad", "queue-forgets")]
    assert rung.ring(JOB)
    server.flushall()  # what eviction does in the worst case
    finish(busy, mailer)
    assert_all_done(busy, mailer)
