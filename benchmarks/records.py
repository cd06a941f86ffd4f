"""Making, batching, listing and checking records beside what the bare driver needs.

    python -m benchmarks.records [--database postgresql+psycopg://…] [--rows 100000]

An order has a link, an instant, a choice, an amount and five rollups on its customer. The floor
writes the same row, its history line and its event with prepared statements of the driver, each
in a transaction of its own. Figures are ratios to that floor or to the goals named beside them;
both sides run on the same machine one after the other.
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

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import convert_row
from regulars.form_builder.history import history
from regulars.form_builder.indexing.desk import look_after
from regulars.form_builder.origin import API, Origin
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.events import event
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
            floor = _floor(database, place)
            _singles(database, place, floor)
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
    """Seconds of computing that each of ``times`` turns took, in the best of five rounds."""

    def __init__(self, work: Callable[[int], Any], times: int) -> None:
        work(0)
        each = max(1, times // ROUNDS)
        rounds = []
        for first in range(1, ROUNDS * each, each):
            began = time.process_time()
            for turn in range(first, first + each):
                work(turn)
            rounds.append((time.process_time() - began) / each)
        self.cpu = min(rounds)


def _floor(database: Database, place: Workspace) -> Timed:
    """The bare driver: the order, its history line, its event, its customer's sums; one commit."""
    with database.workspace_tx(place, write=False) as uow:
        tables = catalog_of(uow).tables
        main, people = tables["orders"].main, tables["customers"].main
        amount = people.update().where(people.c.id == sa.bindparam("b_id"))
        amount = amount.values(
            order_count=people.c.order_count + 1, spent=people.c.spent + sa.bindparam("b_more")
        )
        dialect = uow.connection.dialect
        now = uow.now
    values = {
        "id": 0, "version": 1, "created_at": now, "updated_at": now, "form_version": 1,
        "customer": 1, "paid_at": now, "status": "paid", "amount": 50,
    }  # fmt: skip
    line = {
        "form": "orders", "record": 0, "version": 1, "action": "created",
        "changes": {"customer": [None, 1], "amount": [None, "1.50"]}, "actor": "a",
        "actor_name": "a", "origin": "api", "at": now,
    }  # fmt: skip
    told = {
        "kind": "record_created", "form": "orders", "record": 0, "changes": line["changes"],
        "actor": "a", "chain": [], "historic": False, "at": now,
    }  # fmt: skip
    parts = [
        (main.insert().values({k: sa.bindparam(k) for k in values}), values),
        (history.insert().values({k: sa.bindparam(k) for k in line}), line),
        (event.insert().values({k: sa.bindparam(k) for k in told}), told),
        (amount, {"b_id": 1, "b_more": 50}),
    ]
    ready = []
    for statement, given in parts:
        compiled = statement.compile(dialect=dialect)
        plain = compiled.construct_params(given)
        cooked = {
            name: way(value) if (way := compiled._bind_processors.get(name)) else value
            for name, value in plain.items()
        }
        ready.append((str(compiled), cooked, compiled.positiontup))
    with database.outside_transactions(place) as connection:
        driver: Any = connection.connection.driver_connection
        if database.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
        cursor = driver.cursor()
        if not database.is_sqlite:
            cursor.execute("SELECT set_config('search_path', %s, false)", (place.store,))

        def once(turn: int) -> None:
            cursor.execute("BEGIN IMMEDIATE" if database.is_sqlite else "BEGIN")
            for text, given, order in ready:
                if "id" in given and given["id"] is not None:
                    given["id"] = 10**9 + turn
                cursor.execute(text, [given[k] for k in order] if order else given)
            cursor.execute("COMMIT")

        done = Timed(once, 500)
        cursor.execute("DELETE FROM f_orders WHERE id >= 1000000000")
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN")
    say(f"floor: bare driver, one order each      {done.cpu * 1e6:8.0f} us computing")
    return done


def _singles(database: Database, place: Workspace, floor: Timed) -> None:
    for rules in (0, 10, 50):
        publish_rules(database, place, rules)

        def once(turn: int) -> None:
            with database.workspace_tx(place) as uow:
                records.create_record(uow, ACCESS, "orders", order(turn), origin=API)

        done = Timed(once, 300)
        say(
            f"create one, {rules:2} rules, 5 sums          {done.cpu * 1e6:8.0f} us computing, "
            f"{done.cpu / floor.cpu:5.1f} times the floor"
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
