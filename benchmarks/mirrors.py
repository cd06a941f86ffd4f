"""Thirty tags kept true, what an idle installation costs, and one order beside an enrolment.

    python -m benchmarks.mirrors [--database postgresql+psycopg://…] [--people 100000]
                                 [--only idle,fair,mirrors]

Full looks stand beside the same question written by hand in SQL, measured in the same run.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks.rules import ACCESS, SILENT, Bench, main, say, timed
from regulars import wiring
from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.platform.clock import utc_now
from regulars.platform.db import Database
from regulars.platform.ticker import Ticker
from regulars.rule_engine.book import book_of
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.ingest import ingest
from regulars.rule_engine.looking_over import look_over_some
from regulars.rule_engine.mirror_passes import differences_of
from regulars.rule_engine.mirrors import differences
from regulars.rule_engine.tables import mirror_member, run
from regulars.rule_engine.ticking import Engine

TAGS = 30
TICKS = 20


def mirrors(bench: Bench) -> None:
    """Thirty tags: everybody at once, and after two thousand orders."""
    keys = [f"m{n}" for n in range(TAGS)]
    bench.publish(*(
        {
            "kind": "rule", "key": key, "label": key, "class": "mirror", "subject": "customers",
            "when": {"all": [
                {"aggregate": "sum", "of": "orders", "field": "amount", "op": "gte",
                 "value": 30 * n},
                {"field": "points", "op": "gte", "value": n},
            ]},
            "sets": {"field": "tags", "add": key},
        }
        for n, key in enumerate(keys)
    ))  # fmt: skip
    look = (bench.database, bench.place, bench.database.clock)
    with timed(bench, f"{TAGS} mirrors: first fill", 0):
        look_over_some(*look, keys)
    full = _beside_sql(bench, keys)
    while ingest(*look):
        pass
    _order(bench, 2000)
    began = time.process_time()
    with timed(bench, f"{TAGS} mirrors: after 2,000 orders", 2000):
        while ingest(*look):
            pass
    delta = time.process_time() - began
    say("after orders beside everybody", f"{delta / full:8.2f} of the computing (goal 0.25)")


def _order(bench: Bench, count: int) -> None:
    for start in range(0, count, 500):
        rows = [
            {"customer": start + n + 1, "paid_at": utc_now().isoformat(), "amount": "100"}
            for n in range(500)
        ]
        with bench.database.workspace_tx(bench.place) as uow:
            records.write_batch(uow, ACCESS, "orders", rows, origin=API)


def _beside_sql(bench: Bench, keys: list[str]) -> float:
    """Who should turn: in shared passes, mirror by mirror, and by hand; the first's computing."""
    with bench.database.workspace_tx(bench.place, write=False) as uow:
        rules = book_of(uow).rules
        some = [rules[key] for key in keys]
        together = _computing(lambda: differences_of(uow, some))
        alone = _computing(lambda: [differences(uow, each) for each in some])
        by_hand = _computing(lambda: [uow.execute(each).all() for each in _by_hand(uow, keys)])
    say(f"{TAGS} mirrors: everybody compared", f"{together:8.2f} s, one by one {alone:.2f} s "
        f"({alone / together:.1f} times), by hand {by_hand:.2f} s: "
        f"{together / by_hand:.2f} times")  # fmt: skip
    return together


def _computing(work: Callable[[], Any]) -> float:
    """Seconds; on PostgreSQL the server computes, so the wall clock counts."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _by_hand(uow: Any, keys: list[str]) -> Iterator[sa.Select[Any]]:
    """For each tag who should have it and has not, as one would write it."""
    tables = catalog_of(uow).tables
    people, orders = tables["customers"].main, tables["orders"].main
    total = sa.func.sum(orders.c.amount)
    for n, key in enumerate(keys):
        spent = (
            sa.select(orders.c.customer.label("c"), total.label("t"))
            .group_by(orders.c.customer)
            .subquery()
        )
        has = sa.exists().where(mirror_member.c.rule == key, mirror_member.c.record == people.c.id)
        wanted = sa.and_(sa.func.coalesce(spent.c.t, 0) >= 30 * n, people.c.points >= n)
        joined = people.outerjoin(spent, spent.c.c == people.c.id)
        yield sa.select(people.c.id).select_from(joined).where(wanted != has)


class Counting(Database):
    """Counts the transactions that are opened."""

    opened: Counter[str]

    @contextmanager
    def workspace_tx(self, *args: Any, write: bool = True, **more: Any) -> Iterator[Any]:
        """As everywhere."""
        self.opened["writing" if write else "reading"] += 1
        with super().workspace_tx(*args, write=write, **more) as uow:
            yield uow


def idle(bench: Bench) -> None:
    """What a tick costs where nothing is due."""
    database = Counting(bench.database.url, bench.database.data_dir)
    database.opened = Counter()
    engine = Engine(database, Surroundings())
    engine.tick(None, bench.place)
    ticker = Ticker(wiring.ticks(database), database.clock)
    ticker.run_once()
    database.opened.clear()
    began = time.process_time()
    for _ in range(TICKS):
        ticker.run_once()
    computing = (time.process_time() - began) / TICKS * 1000
    counted = ", ".join(f"{n / TICKS:.0f} {what}" for what, n in sorted(database.opened.items()))
    say("an idle tick, each five seconds", f"{computing:8.1f} ms computing; {counted}")
    database.opened.clear()
    engine.answer()
    told = ", ".join(f"{n} {what}" for what, n in sorted(database.opened.items()))
    say("a doorbell for nothing", f"     {told}")
    database.close()


def fair(bench: Bench) -> None:
    """One order while everybody is being enrolled: how long until its run has taken its steps."""
    bench.publish(
        {
            "kind": "rule", "key": "all", "label": "All", "class": "journey",
            "subject": "customers", "trigger": {"on": "scan", "every": "hour"},
            "when": SILENT, "entry": {"backlog": "enrol"}, "steps": [{"do": "wait", "for": "7d"}],
        },
        {
            "kind": "rule", "key": "one", "label": "One", "class": "journey",
            "subject": "customers",
            "trigger": {"on": "record_created", "form": "orders", "link": "customer"},
            "steps": [{"do": "add_tags", "tags": ["bought"]}],
        },
    )  # fmt: skip
    now = utc_now() + timedelta(hours=1)
    bench.database.clock = lambda: now
    engine = Engine(bench.database, Surroundings())
    engine.plan(now)
    worker = threading.Thread(target=engine.answer)
    began = time.perf_counter()
    worker.start()
    while not bench.count(run, run.c.rule == "all"):
        time.sleep(0.05)
    waits = []
    while (waited := _served(bench, len(waits) + 1, worker)) is not None:
        waits.append(waited)
    took = time.perf_counter() - began
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    say("single orders during an enrolment", f"{waits[len(waits) // 2]:8.2f} s until a run was "
        f"done, p95 {p95:.2f} s of {len(waits)}; one answer took {took:.1f} s")  # fmt: skip
    bench.database.clock = utc_now


def _served(bench: Bench, n: int, worker: threading.Thread) -> float | None:
    """How long until the run of the ``n``-th order had taken its steps, in seconds; None when the
    enrolment was over before."""
    with bench.database.workspace_tx(bench.place) as uow:
        values = {"customer": n, "paid_at": uow.now.isoformat(), "amount": "5"}
        records.create_record(uow, ACCESS, "orders", values, origin=API)
    ordered = time.perf_counter()
    while bench.count(run, run.c.rule == "one", run.c.status == "done") < n:
        if not worker.is_alive():
            return None
        time.sleep(0.02)
    return time.perf_counter() - ordered


PARTS: dict[str, Callable[[Bench], None]] = {"idle": idle, "fair": fair, "mirrors": mirrors}


if __name__ == "__main__":
    main(PARTS)
