"""Making, batching, listing and checking records beside what the bare driver needs.

    python -m benchmarks.records [--database postgresql+psycopg://…] [--rows 100000]

An order has a link, an instant, a choice, an amount and five rollups on its customer. Two floors
stand beside it (`by_hand`): the bare driver writing values that are ready, and all that a save
means done by hand. Ratios are of instructions, the kernel's included, where the system counts
them, else of computing time; goals stand in brackets.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from benchmarks.by_hand import hands
from benchmarks.instructions import Instructions
from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import convert_row
from regulars.form_builder.indexing.desk import look_after
from regulars.form_builder.origin import API, Origin
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.workspaces import create_workspace
from regulars.wiring import wire

ACCESS = system_access("en")
HISTORY = Origin("import", automation="none")
SUM = {"type": "rollup", "of": "orders", "aggregate": "sum", "field": "amount", "result": "money"}
FORMS: list[dict[str, Any]] = [
    {
        "kind": "form", "key": "customers", "label": "Customers",
        "fields": [
            {"key": "name", "type": "text", "required": True},
            {"key": "mobile", "type": "phone", "unique": True},
            {"key": "points", "type": "number"},
            {"key": "orders", "type": "related", "from": "orders", "via": "customer",
             "order": "-paid_at"},
            {"key": "order_count", "type": "rollup", "of": "orders", "aggregate": "count"},
            {**SUM, "key": "spent"},
            {**SUM, "key": "dearest", "aggregate": "max"},
            {**SUM, "key": "last_at", "aggregate": "max", "field": "paid_at",
             "result": "datetime"},
            {**SUM, "key": "first_at", "aggregate": "min", "field": "paid_at",
             "result": "datetime"},
        ],
        "views": [{"key": "all", "type": "table", "sort": ["-points"]}],
    },
    {
        "kind": "form", "key": "orders", "label": "Orders",
        "fields": [
            {"key": "customer", "type": "link", "to": "customers", "required": True},
            {"key": "paid_at", "type": "datetime", "default": {"formula": "NOW()"}},
            {"key": "status", "type": "choice", "options": [{"value": "paid"}, {"value": "back"}],
             "default": "paid"},
            {"key": "amount", "type": "money", "min": 0},
            {"key": "note", "type": "text"},
        ],
        "views": [{"key": "all", "type": "table", "sort": ["-paid_at"]}],
    },
]  # fmt: skip
Row = dict[str, Any]
ROUNDS = 5
INSTRUCTIONS = Instructions()


def main() -> None:
    """Run every part and print its figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--rows", type=int, default=100_000, help="customers for the lists")
    chosen = options.parse_args()
    wire()
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        database = Database(chosen.database, Path(folder))
        database.create_stores()
        shop = {"zone": "UTC", "currency": "GBP", "locale": "en"}
        place = create_workspace(database, f"bench-{int(time.time())}", "Bench", **shop)
        try:
            fill(database, place, 2000)
            floors = _floors(database, place)
            _singles(database, place, floors)
            _batches(database, place)
            _small_costs(database, place)
            fill(database, place, chosen.rows)
            look_after(database, place, database.clock())
            _lists(database, place)
        finally:
            database.drop_store(place)
            database.close()


def say(line: str) -> None:
    """One line of figures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def fill(database: Database, place: Workspace, customers: int) -> None:
    with database.workspace_tx(place) as uow:
        if not catalog_of(uow).forms:
            for form in FORMS:
                store.save_draft(uow, ACCESS, "form", form)
            store.publish(uow, ACCESS, [("form", form["key"]) for form in FORMS])
    known = 0
    with database.workspace_tx(place, write=False) as uow:
        table = catalog_of(uow).tables["customers"].main
        known = uow.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    for start in range(known, customers, 5000):
        rows = [_customer(n) for n in range(start, min(start + 5000, customers))]
        with database.workspace_tx(place) as uow:
            records.write_batch(uow, ACCESS, "customers", rows, origin=HISTORY)


def _customer(n: int) -> Row:
    return {"name": f"Customer {n:07d}", "mobile": f"+86138{n:08d}", "points": n * 7919 % 10007}


def order(n: int) -> Row:
    return {"customer": n % 2000 + 1, "amount": f"{n % 900 + 1}.50", "note": f"order {n}"}


class Timed:
    """What each of ``times`` turns took, in the best of five rounds: seconds of computing, and
    ``work``: instructions, or the same seconds where nobody counts those."""

    def __init__(self, work: Callable[[int], Any], times: int) -> None:
        work(0)
        each = max(1, times // ROUNDS)
        rounds, counts = [], []
        for first in range(1, ROUNDS * each, each):
            count, began = INSTRUCTIONS.count(), time.process_time()
            for turn in range(first, first + each):
                work(turn)
            rounds.append((time.process_time() - began) / each)
            counts.append((INSTRUCTIONS.count() - count) / each)
        self.cpu = min(rounds)
        self.work = min(counts) if INSTRUCTIONS.works else self.cpu


def _floors(database: Database, place: Workspace) -> tuple[Timed, Timed]:
    with database.workspace_tx(place) as uow:  # so that there is a number to go on from
        records.create_record(uow, ACCESS, "orders", order(0), origin=API)
    with hands(database, place) as (bare, whole):
        floors = Timed(bare, 500), Timed(whole, 500)
    say(f"bare driver, values ready, one order    {floors[0].cpu * 1e6:8.0f} us computing")
    say(
        f"by hand, all that a save means          {floors[1].cpu * 1e6:8.0f} us computing, "
        f"{floors[1].work / floors[0].work:5.1f} times bare"
    )
    return floors


def _singles(database: Database, place: Workspace, floors: tuple[Timed, Timed]) -> None:
    for rules in (0, 10, 50):
        publish_rules(database, place, rules)

        def once(turn: int) -> None:
            with database.workspace_tx(place) as uow:
                records.create_record(uow, ACCESS, "orders", order(turn), origin=API)

        done = Timed(once, 300)
        bare, whole = (done.work / floor.work for floor in floors)
        say(
            f"create one, {rules:2} rules, 5 sums          {done.cpu * 1e6:8.0f} us computing, "
            f"{bare:.1f} times bare (4), {whole:.1f} times by hand"
        )


def publish_rules(database: Database, place: Workspace, count: int) -> None:
    with database.workspace_tx(place) as uow:
        for number in range(count):
            rule = {
                "kind": "rule", "key": f"r{number}", "label": f"R{number}", "class": "journey",
                "subject": "customers",
                "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
                "when": {"field": "points", "op": "gt", "value": 20_000 + number},
                "steps": [{"id": "s", "do": "wait", "for": {"n": 1, "unit": "day"}}],
            }  # fmt: skip
            store.save_draft(uow, ACCESS, "rule", rule)
        if count:
            store.publish(uow, ACCESS, [("rule", f"r{number}") for number in range(count)])


def _batches(database: Database, place: Workspace) -> None:
    def once(turn: int) -> None:
        rows = [order(turn * 1000 + n) for n in range(1000)]
        with database.workspace_tx(place) as uow:
            records.write_batch(uow, ACCESS, "orders", rows, origin=API)

    done = Timed(once, 8)
    say(f"batch of 1,000 with 5 sums              {1000 / done.cpu:8,.0f} records/s (12,000)")


def _small_costs(database: Database, place: Workspace) -> None:
    with database.workspace_tx(place, write=False) as uow:
        form = catalog_of(uow).get_form("orders")
        reading = records._writing(uow, ACCESS, "orders", API).reading
        raw = {**order(1), "paid_at": "2026-03-01T10:00:00Z", "status": "paid"}
        judged = Timed(lambda _n: convert_row(form, raw, reading, index=0, texts=False), 20_000)
    say(f"convert and check one record            {judged.cpu * 1e6:8.1f} us")

    def look(uow: UnitOfWork) -> None:
        uow.memo.pop("snapshot", None)
        snapshot(uow)

    with database.workspace_tx(place, write=False) as uow:
        seen = Timed(lambda _n: look(uow), 2000)
    goal = 50 if database.is_sqlite else 150
    say(f"is the definition still the same?       {seen.cpu * 1e6:8.1f} us ({goal})")


def _lists(database: Database, place: Workspace) -> None:
    asked = {
        "list 50, newest first": RecordQuery(),
        "list 50, by points": RecordQuery(sort=("-points",)),
        "list 50, filter and sort": RecordQuery(
            filter={"field": "points", "op": "gte", "value": 9000}, sort=("-points",)
        ),
        "list 50, sum above": RecordQuery(filter={"field": "spent", "op": "gt", "value": 100}),
        "words at the beginning": RecordQuery(search="customer 00420"),
        "words in the middle": RecordQuery(search="04217"),
        "words that are nowhere": RecordQuery(search="nobodyhere"),
        "a telephone number's end": RecordQuery(search="4217"),
        "how many": RecordQuery(limit=1, count=True),
    }
    for name, query in asked.items():
        times = []
        for _ in range(40):
            began = time.perf_counter()
            with database.workspace_tx(place, write=False) as uow:
                records.find_records(uow, ACCESS, "customers", query)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        say(f"{name:40}{statistics.median(times):8.1f} ms, p95 {times[37]:6.1f} (5)")


if __name__ == "__main__":
    main()
