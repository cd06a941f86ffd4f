"""A real installation whose parts are killed at random while orders come in; nothing may be lost.

    python -m benchmarks.chaos [--seconds 30] [--seed N] [--database postgresql+psycopg://…]

It starts `regulars up` in a folder of its own, sends orders through the API (each until it is
acknowledged, some of them twice), kills web, workers, ticker and Valkey, empties the queue, and in
the end compares every order with what reached another program, and asks every promise of the
rules. For a long run: ``--seconds 600``. The seed is printed; the same one makes the same choices.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import redis
import sqlalchemy as sa

from regulars import wiring
from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.platform import redis_server
from regulars.platform.accounts import tokens
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.sealing import seal_for
from regulars.platform.workspaces import create_workspace
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.self_check.checking import check
from regulars.rule_engine.tables import outbound, run
from regulars.rule_engine.webhooks import WebhookWish, add_webhook

ACCESS = system_access("en")
PEOPLE = 50
PARTS = ("web", "worker", "ticker", "server")
URL = "/api/v1/forms/orders/records"
FORMS: list[dict[str, Any]] = [
    {
        "kind": "form", "key": "customers", "label": "Customers", "title": "{name}",
        "person": {"name": "name"},
        "fields": [{"key": "name", "type": "text"}, {"key": "tags", "type": "tags"}],
    },
    {
        "kind": "form", "key": "orders", "label": "Orders",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "number", "type": "number"},
        ],
    },
    {
        "kind": "form", "key": "coupons", "label": "Coupons",
        "fields": [{"key": "number", "type": "number"}],
    },
    {
        "kind": "rule", "key": "thanks", "label": "Thanks", "class": "journey",
        "subject": "customers",
        "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
        "steps": [
            {"do": "create_record", "form": "coupons",
             "values": {"number": {"formula": "trigger.number"}}},
            {"do": "add_tags", "tags": ["thanked"]},
            {"do": "call_webhook", "to": "sink",
             "values": {"number": {"formula": "trigger.number"}}},
        ],
    },
]  # fmt: skip


@dataclass
class Ledger:
    """What reached the other program: how often each call, and each order's number."""

    calls: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def sink(ledger: Ledger) -> Iterator[int]:
    """Another program, which remembers every call; its port."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with ledger.lock:
                key = str(self.headers["webhook-id"])
                ledger.calls[key] += 1
                ledger.numbers[key] = int(float(body["data"]["values"]["number"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@dataclass
class Installation:
    """A running `regulars up` and the way in."""

    process: subprocess.Popen[bytes]
    port: int
    config: Config
    database: Database
    place: Workspace
    token: str

    def part(self, name: str) -> psutil.Process | None:
        """One of its processes."""
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(self.process.pid).children(recursive=True):
                words = " ".join(each.cmdline())
                is_server = each.name().startswith(("valkey", "redis"))
                if is_server if name == "server" else f"regulars.cli {name}" in words:
                    return each
        return None

    def order(self, number: int) -> None:
        """Send one order until it is acknowledged; whoever asks again gets the same answer."""
        head = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
            "Idempotency-Key": f"order-{number}",
        }  # fmt: skip
        body = json.dumps({"customer": number % PEOPLE + 1, "number": number})
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                link.request("POST", URL, body, head)
                status = link.getresponse().status
                link.close()
                if status == 201:
                    return
                if status not in (409, 429, 503):
                    raise SystemExit(f"order {number} was answered with {status}")
            time.sleep(0.2)

    def is_at_rest(self) -> bool:
        """Whether nothing is due, in anybody's hand, or on its way any more."""
        now = self.database.clock()
        on_its_way = outbound.c.status.in_(("queued", "sending"))
        with self.database.workspace_tx(self.place, write=False, now=now) as uow:
            held = uow.scalar(sa.select(sa.exists().where(run.c.token.is_not(None))))
            waiting = uow.scalar(sa.select(sa.exists().where(on_its_way)))
            return oldest_due(uow) is None and not held and not waiting


@contextmanager
def installation(folder: Path, url: str, sink_port: int) -> Iterator[Installation]:
    """Everything up and ready, with forms, a rule and a token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update({
        "REGULARS_DATA_DIR": str(folder), "REGULARS_PORT": str(port), "REGULARS_WORKERS": "2",
        "REGULARS_DATABASE_URL": url, "REGULARS_LOG_LEVEL": "WARNING",
    })  # fmt: skip
    with (folder.parent / "log").open("wb") as log:
        command = [sys.executable, "-m", "regulars.cli", "up"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for_port(port, process)
        config = Config.from_environ()
        wiring.wire()
        database = Database(config.database_url, config.data_dir)
        place = create_workspace(database, f"chaos{os.getpid()}", "Chaos", zone="UTC", locale="en")
        with database.workspace_tx(place) as uow:
            wish = WebhookWish("sink", "Sink", f"http://127.0.0.1:{sink_port}/", local=True)
            add_webhook(uow, ACCESS, seal_for(config.secret_keys), wish)
            for each in FORMS:
                store.save_draft(uow, ACCESS, each["kind"], each)
            store.publish(uow, ACCESS, [(each["kind"], each["key"]) for each in FORMS])
        _add_people(database, place)
        with database.main_tx() as connection:
            token = tokens.create_token(
                connection, place, TokenWish("chaos", "owner", ()), now=database.clock()
            )
        yield Installation(process, port, config, database, place, token)
        database.drop_store(place)
        database.close()
    finally:
        process.terminate()
        process.wait(60)


def _add_people(database: Database, place: Workspace) -> None:
    rows = [{"name": f"C{n}"} for n in range(PEOPLE)]
    with database.workspace_tx(place) as uow:
        quiet = Origin("import", automation="none")
        records.write_batch(uow, ACCESS, "customers", rows, origin=quiet)


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("regulars up has ended")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.2)
    raise SystemExit("regulars up never answered")


def harass(place: Installation, chance: random.Random, until: float) -> Counter[str]:
    """Kill and empty things for a while; what was done how often."""
    done: Counter[str] = Counter()
    url = redis_server.url_for(place.config)
    while time.monotonic() < until:
        time.sleep(chance.uniform(1, 4))
        what = chance.choice((*PARTS, "flush"))
        if what == "flush":
            with contextlib.suppress(redis.RedisError):
                client = redis_server.client(url)
                client.flushall()
                client.close()
        else:
            found = place.part(what)
            if found is None:
                continue
            with contextlib.suppress(psutil.Error):
                found.kill()
        done[what] += 1
    return done


def main() -> None:
    """Run, then compare."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    chosen = options.parse_args()
    say(f"seed {chosen.seed}")
    ledger, chance = Ledger(), random.Random(chosen.seed)  # noqa: S311
    with (
        TemporaryDirectory(prefix="regulars-chaos-") as folder,
        sink(ledger) as port,
        installation(Path(folder) / "data", chosen.database, port) as place,
    ):
        acknowledged = _orders(place, chance, chosen.seconds)
        _rest(place)
        _compare(place, ledger, acknowledged)


def _orders(place: Installation, chance: random.Random, seconds: float) -> list[int]:
    until, done = time.monotonic() + seconds, []
    harm = random.Random(chance.random())  # noqa: S311
    thread = threading.Thread(target=lambda: done.append(harass(place, harm, until)))
    thread.start()
    acknowledged: list[int] = []
    while time.monotonic() < until:
        number = len(acknowledged)
        place.order(number)
        if chance.random() < 0.2:
            place.order(number)  # told twice
        acknowledged.append(number)
        time.sleep(chance.uniform(0, 0.1))
    thread.join()
    say(f"{len(acknowledged)} orders acknowledged; harm done: {dict(done[0])}")
    return acknowledged


def _rest(place: Installation) -> None:
    until = time.monotonic() + 3 * LEASE.total_seconds()
    while not place.is_at_rest():
        if time.monotonic() > until:
            raise SystemExit("work is still due long after the last harm")
        time.sleep(1)


def _compare(place: Installation, ledger: Ledger, acknowledged: list[int]) -> None:
    with place.database.workspace_tx(place.place, write=False) as uow:
        breaches = check(uow).breaches
        coupons = catalog_of(uow).tables["coupons"].main
        made = Counter(int(n) for n in uow.execute(sa.select(coupons.c.number)).scalars())
        runs = uow.scalar(sa.select(sa.func.count()).select_from(run))
        fates = Counter(uow.execute(sa.select(outbound.c.status)).scalars())
    told = Counter(ledger.numbers.values())
    wrong = {
        "broken promises": [f"{each.invariant} {each.what}" for each in breaches],
        "orders without a coupon": [n for n in acknowledged if n not in made],
        "coupons made twice": [n for n, times in made.items() if times > 1],
        "orders the other program never heard of": [n for n in acknowledged if n not in told],
        "orders told under two names": [n for n, times in told.items() if times > 1],
    }
    repeats = sum(times - 1 for times in ledger.calls.values())
    say(f"what became of the calls: {dict(fates)}")
    say(f"{runs} runs, {len(ledger.calls)} calls, {repeats} repeated under their own name")
    for what, which in wrong.items():
        say(f"{what:44}{len(which):6} {which[:10] or ''}")
    if any(wrong.values()):
        raise SystemExit(1)


def say(line: str) -> None:
    """One line of the story."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
