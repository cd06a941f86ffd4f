"""A hundred thousand people enrolled, single orders through to another program, and scans.

    python -m benchmarks.rules [--database postgresql+psycopg://…] [--people 100000]
                               [--only enrol,events,doorbell,scans]

The goals stand beside the figures; scans stand beside the same question written by hand in SQL.
Without ``--database`` it runs on SQLite files in a temporary folder.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.indexing.desk import look_after
from regulars.form_builder.origin import API, Origin
from regulars.platform import columns
from regulars.platform.accounts.access import system_access
from regulars.platform.clock import utc_now
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.sealing import seal_for
from regulars.platform.secret_keys import new_key
from regulars.platform.workspaces import create_workspace
from regulars.rule_engine.book import book_of
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.executing import execute_due
from regulars.rule_engine.planning import plan_fires
from regulars.rule_engine.scans import fire_due, matching_ids
from regulars.rule_engine.tables import run, run_step
from regulars.rule_engine.ticking import Engine
from regulars.rule_engine.webhooks import WebhookWish, add_webhook
from regulars.wiring import wire

ACCESS = system_access("en")
HISTORY = Origin("import", automation="none")
FORMS: list[dict[str, Any]] = [
    {
        "kind": "form", "key": "customers", "label": "Customers", "title": "{name}",
        "person": {"name": "name", "mobile": "mobile"},
        "fields": [
            {"key": "name", "type": "text"},
            {"key": "mobile", "type": "phone"},
            {"key": "tags", "type": "tags"},
            {"key": "points", "type": "number"},
            {"key": "orders", "type": "related", "from": "orders", "via": "customer",
             "order": "-paid_at"},
        ],
    },
    {
        "kind": "form", "key": "orders", "label": "Orders",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "paid_at", "type": "datetime"},
            {"key": "amount", "type": "money"},
        ],
    },
    {
        "kind": "form", "key": "coupons", "label": "Coupons",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "note", "type": "text"},
        ],
    },
]  # fmt: skip
HELLO = {"kind": "message", "key": "hello", "label": "Hello",
         "channels": {"sms": {"text": "{name}, hello!"}}}  # fmt: skip
SILENT = {
    "aggregate": "last", "of": "orders", "field": "paid_at", "op": "older_than",
    "value": {"n": 30, "unit": "day"}, "if_none": False,
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """One workspace on one database, and how many people it has."""

    database: Database
    place: Workspace
    people: int

    def publish(self, *definitions: Row) -> None:
        """Save and publish definitions together."""
        with self.database.workspace_tx(self.place) as uow:
            for each in definitions:
                store.save_draft(uow, ACCESS, each["kind"], each)
            store.publish(uow, ACCESS, [(each["kind"], each["key"]) for each in definitions])

    def fill(self) -> None:
        """People with one order each, 40 days ago for nine in ten."""
        self.publish(*FORMS)
        now = self.database.clock()
        for start in range(0, self.people, 5000):
            numbers = range(start, min(start + 5000, self.people))
            people = [
                {"name": f"C{n:07d}", "mobile": f"+86138{n:08d}", "points": n % 1000}
                for n in numbers
            ]
            orders = [
                {"customer": n + 1, "paid_at": (now - timedelta(days=40 if n % 10 else 5)),
                 "amount": f"{n % 900 + 1}"}
                for n in numbers
            ]  # fmt: skip
            with self.database.workspace_tx(self.place) as uow:
                records.write_batch(uow, ACCESS, "customers", people, origin=HISTORY)
                plain = [{**each, "paid_at": each["paid_at"].isoformat()} for each in orders]
                records.write_batch(uow, ACCESS, "orders", plain, origin=HISTORY)
        look_after(self.database, self.place, now)

    def count(self, table: sa.Table, *where: Any) -> int:
        """How many rows a table has."""
        with self.database.workspace_tx(self.place, write=False) as uow:
            return int(uow.scalar(sa.select(sa.func.count()).select_from(table).where(*where)))


def main(parts: dict[str, Callable[[Bench], None]] | None = None) -> None:
    """Run the chosen parts and print their figures."""
    known = PARTS if parts is None else parts
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--only", default=",".join(known), help="parts, with commas")
    chosen = options.parse_args()
    wire()
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        database = Database(chosen.database, Path(folder))
        database.create_stores()
        key = f"bench{int(time.time())}"
        place = create_workspace(database, key, "Bench", zone="UTC", locale="en")
        bench = Bench(database, place, chosen.people)
        try:
            began = time.perf_counter()
            database.clock = lambda: utc_now() - timedelta(hours=1)  # long ago enough for history
            bench.fill()
            database.clock = utc_now
            say("filled", f"{time.perf_counter() - began:8.1f} s for {chosen.people:,} people")
            for name in chosen.only.split(","):
                known[name](bench)
        finally:
            database.drop_store(place)
            database.close()


def say(what: str, figure: str) -> None:
    """One line of figures."""
    sys.stdout.write(f"{what:44}{figure}\n")
    sys.stdout.flush()


@contextmanager
def timed(bench: Bench, what: str, n: int, goal: str = "") -> Iterator[None]:
    """Print how long the block took, and per second for ``n`` of something."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rate = f"{n / wall:10,.0f}/s" if n else ""
    say(what, f"{wall:8.2f} s, {cpu:7.2f} s computing {rate} {goal}")


def enrol(bench: Bench) -> None:
    """A scan that finds nearly everybody, and what its first steps cost."""
    kinds: dict[str, list[Row]] = {
        "send_message": [{"do": "send_message", "message": "hello", "channel": "sms"}],
        "add_tags": [{"do": "add_tags", "tags": ["lapsed"]}],
        "create_record": [
            {"do": "create_record", "form": "coupons",
             "values": {"customer": {"formula": "subject"}, "note": "back"}},
        ],
    }  # fmt: skip
    bench.publish(HELLO)
    for name, steps in kinds.items():
        rule = {
            "kind": "rule", "key": name, "label": name, "class": "journey",
            "subject": "customers", "trigger": {"on": "scan", "every": "day", "at": "00:00"},
            "when": SILENT, "entry": {"key": "LAST(orders).id", "backlog": "enrol"},
            "guards": {"purpose": "marketing", "quiet_hours": None},
            "steps": [*steps, {"do": "wait", "for": "7d"}],
        }  # fmt: skip
        bench.publish(rule)
        _enrol_one(bench, name)


def _enrol_one(bench: Bench, name: str) -> None:
    tomorrow = bench.database.clock() + timedelta(days=1)
    at = (bench.database, bench.place, lambda: tomorrow)
    wall = time.perf_counter()
    with timed(bench, f"{name}: everybody found and enrolled", bench.people):
        plan_fires(*at)
        while fire_due(*at):
            pass
    entered = bench.count(run, run.c.rule == name)
    with timed(bench, f"{name}: first step done", entered):
        while execute_due(*at):
            pass
    took = time.perf_counter() - wall
    done = bench.count(run_step)
    goal = f"(goal 60 s per 100,000: {took / 60 * 100_000 / max(entered, 1):.2f} of it)"
    say(f"{name}: both, {entered:,} people", f"{took:8.2f} s {goal}, {done:,} lines of trace")


class Sink(BaseHTTPRequestHandler):
    """Another program: takes every call."""

    protocol_version = "HTTP/1.1"
    taken: ClassVar[list[float]] = []

    def do_POST(self) -> None:
        """Note when it arrived."""
        self.rfile.read(int(self.headers["Content-Length"]))
        Sink.taken.append(time.perf_counter())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


class SinkServer(ThreadingHTTPServer):
    """Lets many callers queue: with the usual five, the next are let in a second later."""

    request_queue_size = 128


def events(bench: Bench) -> None:
    """Single orders through to another program, by four threads of one process."""
    sink = SinkServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    seal = seal_for((new_key(),))
    with bench.database.workspace_tx(bench.place) as uow:
        url = f"http://127.0.0.1:{sink.server_port}/"
        add_webhook(uow, ACCESS, seal, WebhookWish("sink", "Sink", url, local=True))
    bench.publish({
        "kind": "rule", "key": "told", "label": "Told", "class": "journey",
        "subject": "customers",
        "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
        "when": {"field": "points", "op": "gte", "value": 0},
        "steps": [
            {"do": "call_webhook", "to": "sink",
             "values": {"amount": {"formula": "trigger.amount"}}},
        ],
    })  # fmt: skip
    count, made = 2000, []
    for n in range(count):
        with bench.database.workspace_tx(bench.place) as uow:
            values = {"customer": n + 1, "paid_at": uow.now.isoformat(), "amount": "150"}
            records.create_record(uow, ACCESS, "orders", values, origin=API)
        made.append(time.perf_counter())
    engine = Engine(bench.database, Surroundings(None, seal))
    with timed(bench, "2,000 events through to the other program", count, "(goal 300/s)"):
        while len(Sink.taken) < count and not engine.drain():
            pass
    sink.shutdown()


def doorbell(bench: Bench) -> None:
    """From the commit of an order to its run's first step, one worker, two orders a second."""
    bench.publish({
        "kind": "rule", "key": "quick", "label": "Quick", "class": "journey",
        "subject": "customers",
        "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
        "steps": [{"do": "wait", "for": "7d"}],
    })  # fmt: skip
    engine, waits = Engine(bench.database, Surroundings()), []
    for n in range(60):
        with bench.database.workspace_tx(bench.place) as uow:
            values = {"customer": n + 1, "paid_at": uow.now.isoformat(), "amount": "5"}
            records.create_record(uow, ACCESS, "orders", values, origin=API)
        began = time.perf_counter()
        engine.answer()
        waits.append(time.perf_counter() - began)
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)] * 1000
    say("a worker's answer to one order", f"{statistics.median(waits) * 1000:8.1f} ms, "
        f"p95 {p95:.1f} ms (goal below 1,000 with the bell's way)")  # fmt: skip


def scans(bench: Bench) -> None:
    """The rule's question beside the same one written by hand."""
    rule = {
        "kind": "rule", "key": "silent", "label": "Silent", "class": "journey",
        "subject": "customers", "trigger": {"on": "scan", "every": "day", "at": "00:00"},
        "when": SILENT, "entry": {"key": "LAST(orders).id"},
        "steps": [{"do": "wait", "for": "7d"}],
    }  # fmt: skip
    bench.publish(rule)
    with bench.database.workspace_tx(bench.place, write=False) as uow:
        tables = catalog_of(uow).tables
        people, orders = tables["customers"].main, tables["orders"].main
        bound = sa.literal(uow.now - timedelta(days=30), columns.Instant())
        lapsed = (
            sa.select(orders.c.customer)
            .group_by(orders.c.customer)
            .having(sa.func.max(orders.c.paid_at) < bound)
        )
        by_hand = sa.select(people.c.id).where(people.c.id.in_(lapsed)).order_by(people.c.id)
        pinned = book_of(uow).rules["silent"]
        hand = _best(lambda: uow.execute(by_hand).all())
        ours = _best(lambda: matching_ids(uow, pinned))
    say("scan: not bought for 30 days", f"{ours * 1000:8.0f} ms, by hand {hand * 1000:.0f} ms: "
        f"{ours / hand:.2f} times (goal 1.2)")  # fmt: skip


def _best(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


PARTS: dict[str, Callable[[Bench], None]] = {
    "enrol": enrol, "events": events, "doorbell": doorbell, "scans": scans,
}  # fmt: skip


if __name__ == "__main__":
    main()
