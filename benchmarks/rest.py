"""Records over REST, asked of a server that was started as users start it.

    python -m benchmarks.rest [--database postgresql+psycopg://…] [--clients 8] [--rules 10]

`regulars up` runs in a folder of its own with everything it starts; the computing time is that of
all its processes (on PostgreSQL the server's is its own and not counted). An order has a link,
defaults, a history line, an event and five rollups on its customer. Goals stand in brackets.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks import records
from benchmarks.records import say
from regulars.platform.accounts import tokens
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.db import Database
from regulars.platform.workspaces import create_workspace
from regulars.wiring import wire

ORDERS = "/api/v1/forms/orders/records"
EACH = 100  # records that one client makes
BATCHES, IN_BATCH = 10, 1000
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Server:
    """A running installation and the key that opens its workspace."""

    process: psutil.Process
    port: int
    token: str
    seen: dict[int, float] = field(default_factory=dict)  # computing of each process at last

    def post(self, link: http.client.HTTPConnection, path: str, body: str) -> int:
        """Send one request and read its answer whole; the status."""
        head = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        link.request("POST", path, body, head)
        answer = link.getresponse()
        answer.read()
        return answer.status

    def link(self) -> http.client.HTTPConnection:
        """A connection that is kept open."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def parts(self) -> list[psutil.Process]:
        """Every process of the installation."""
        return [self.process, *self.process.children(recursive=True)]

    def computing(self) -> float:
        """Seconds of computing of all processes so far, of those that ended meanwhile as well."""
        for each in self.parts():
            with suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                self.seen[each.pid] = times.user + times.system
        return sum(self.seen.values())


def main() -> None:
    """Start the server, ask it, print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--rules", type=int, default=10, help="rules that look at each order")
    chosen = options.parse_args()
    wire()
    with (
        TemporaryDirectory(prefix="regulars-benchmark-") as folder,
        prepared(chosen.database, Path(folder), chosen.rules) as token,
        running(chosen.database, folder, token) as server,
    ):
        memory = sum(each.memory_full_info().pss for each in server.parts()) / MEGABYTE
        say(f"idle memory, {len(server.parts())} processes         {memory:6.0f} MB (200)")
        _singles(server, chosen.clients)
        _batches(server)


@contextmanager
def prepared(url: str, folder: Path, rules: int) -> Iterator[str]:
    """A workspace with customers, the form of orders and rules; its token."""
    database = Database(url, folder)
    database.create_stores()
    shop = {"zone": "UTC", "currency": "GBP", "locale": "en"}
    place = create_workspace(database, f"rest-{int(time.time())}", "Bench", **shop)
    try:
        records.fill(database, place, 2000)
        records.publish_rules(database, place, rules)
        with database.main_tx() as connection:
            wish = TokenWish("bench", "owner", ())
            token = tokens.create_token(connection, place, wish, now=database.clock())
        database.close()
        yield token
    finally:
        database.drop_store(place)
        database.close()


@contextmanager
def running(url: str, folder: str, token: str) -> Iterator[Server]:
    """``regulars up`` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        **os.environ, "REGULARS_DATA_DIR": folder, "REGULARS_PORT": str(port),
        "REGULARS_DATABASE_URL": url, "REGULARS_API_LIMIT": "10000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "regulars.cli", "up"]
    started = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        time.sleep(5)  # the workers come up after the pages
        yield Server(psutil.Process(started.pid), port, token)
    finally:
        started.terminate()
        started.wait(40)


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not come up.")


def _singles(server: Server, clients: int) -> None:
    def client(number: int) -> list[float]:
        link, times = server.link(), []
        for turn in range(EACH):
            body = json.dumps(records.order(number * EACH + turn))
            began = time.perf_counter()
            status = server.post(link, ORDERS, body)
            times.append((time.perf_counter() - began) * 1000)
            if status != http.client.CREATED:
                raise SystemExit(f"{status}")
        return times

    client(0)
    before, began = server.computing(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = sorted(each for some in pool.map(client, range(clients)) for each in some)
    took, cpu = time.perf_counter() - began, server.computing() - before
    made = len(times)
    say(f"create over REST, {clients} clients            {made / took:6.0f} /s (320)")
    say(f"  p50, p95        {statistics.median(times):6.1f}, {times[made * 95 // 100]:6.1f} ms")
    say(f"  computing of all processes           {cpu / made * 1000:6.1f} ms each (4)")


def _batches(server: Server) -> None:
    link = server.link()
    bodies = [
        json.dumps({"records": [records.order(turn * IN_BATCH + n) for n in range(IN_BATCH)]})
        for turn in range(BATCHES)
    ]
    server.post(link, f"{ORDERS}/batch", bodies[0])
    before, began = server.computing(), time.perf_counter()
    for body in bodies:
        if server.post(link, f"{ORDERS}/batch", body) != http.client.OK:
            raise SystemExit("A batch was refused.")
    took, cpu = time.perf_counter() - began, server.computing() - before
    made = BATCHES * IN_BATCH
    say(f"batch of {IN_BATCH} over REST             {made / took:9,.0f} records/s (12,000)")
    say(f"  computing of all processes           {cpu / made * 1e6:6.0f} us each")


if __name__ == "__main__":
    main()
