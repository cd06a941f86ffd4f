import logging
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from regulars.platform import jobs
from regulars.platform.jobs import RedisBell
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick, Ticker
from tests.support.clocks import MovableClock
from tests.support.job_worker import SECRET
from tests.support.valkey import start_valkey


class Heard:
    """A bell with somebody behind it; remembers who was called."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, name: str) -> bool:
        self.rung.append(name)
        return True

    def enqueue(self, name: str, payload: object) -> bool:
        return True


@pytest.fixture
def heard() -> Iterator[Heard]:
    bell = Heard()
    jobs.install(bell)
    yield bell
    jobs.install(jobs.Silence())


def test_without_workers_the_ticker_does_the_work_itself(clock: MovableClock) -> None:
    done: list[datetime] = []
    Ticker([Tick("drain", done.append, job="drain")], clock).run_once()
    assert done == [clock.now]


def test_with_workers_the_ticker_only_wakes_them(heard: Heard, clock: MovableClock) -> None:
    done: list[datetime] = []
    Ticker([Tick("drain", done.append, job="drain")], clock).run_once()
    assert (heard.rung, done) == (["drain"], [])


def test_nobody_is_woken_when_nothing_is_due(heard: Heard, clock: MovableClock) -> None:
    ticks = [Tick("drain", lambda now: None, job="drain", is_due=lambda now: False)]
    Ticker(ticks, clock).run_once()
    assert heard.rung == []


def test_a_tick_without_a_job_always_runs_here(heard: Heard, clock: MovableClock) -> None:
    done: list[datetime] = []
    Ticker([Tick("sweep", done.append)], clock).run_once()
    assert done == [clock.now]


def test_a_failing_tick_does_not_hold_up_the_others(
    clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[datetime] = []

    def fail(_now: datetime) -> None:
        raise OSError("the disk is full")

    with caplog.at_level(logging.ERROR):
        Ticker([Tick("first", fail), Tick("second", done.append)], clock).run_once()

    assert done == [clock.now]
    assert "the disk is full" in caplog.text


def test_it_ticks_until_it_is_stopped(clock: MovableClock) -> None:
    stop, rounds = threading.Event(), []

    def count(_now: datetime) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()

    Ticker([Tick("count", count)], clock, every=0.001).run(stop)
    assert len(rounds) == 3


def test_when_the_server_dies_the_ticker_takes_over_and_gives_back(
    tmp_path: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "REST_SECONDS", 0.0)
    done: list[datetime] = []
    ticker = Ticker([Tick("drain", done.append, job="drain")], clock)
    server, url = start_valkey(tmp_path)
    bell = RedisBell(url, SECRET, [JobKind("drain", "rules", lambda payload: None)])
    jobs.install(bell)
    try:
        ticker.run_once()
        assert done == []  # a worker was woken

        stop(server)
        ticker.run_once()
        assert done == [clock.now]  # nobody could be

        server, _ = start_valkey(tmp_path)
        ticker.run_once()
        assert len(done) == 1
    finally:
        jobs.install(jobs.Silence())
        bell.close()
        stop(server)


def stop(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    server.wait(timeout=30)
