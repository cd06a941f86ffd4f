"""Processes without pages: the worker that answers the doorbell, and the ticker."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence

from regulars import wiring
from regulars.platform import job_worker, leash, redis_server
from regulars.platform.config import BadConfig, Config
from regulars.platform.ticker import Ticker

SERVER_PATIENCE = 30.0  # seconds a worker waits for its server before it gives up


def run_worker(config: Config, queues: Sequence[str]) -> None:
    """Answer the doorbell of ``queues`` until told to stop."""
    leash.hold()
    url = redis_server.url_for(config)
    if not redis_server.wait_until_ready(url, SERVER_PATIENCE):
        raise BadConfig(f"No Redis-compatible server answers at {url}; a worker needs one.")
    database = wiring.open_installation(config)
    kinds = wiring.job_kinds(database)
    job_worker.run_worker(url, config.secret_keys, kinds, queues, (database.after_fork,))


def run_ticker(config: Config) -> None:
    """Look after due work every few seconds until told to stop."""
    leash.hold()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    database = wiring.open_installation(config)
    Ticker(wiring.ticks(database), database.clock).run(stop)
    database.close()
