"""Compiled conditions beside what an expert writes by hand: Python closures and SQL scans.

    python -m benchmarks.expressions [--customers 100000] [--database sqlite|postgresql|both]

Everything runs in this process (or in one database connection without parallel workers), ours and
the hand-written one in turn; figures are CPU time, the best of several runs. The aims: closures at
most 2.5 times hand-written Python, scans at most 1.2 times the best hand-written SQL. Answers are
compared, too: a fast wrong answer ends the benchmark.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from benchmarks.expression_queries import (
    FIVE_CLAUSES,
    MANY_RULES,
    SCANS,
    Scan,
    by_hand,
    edges,
)
from benchmarks.expression_shop import MOMENT, Shop, fill, open_sqlite
from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_sql
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.evaluate import Context, compile_python
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.shared_pass import shared_pass
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import BOOLEAN, DATETIME, TEXT, Kind, ValueType, number
from regulars.wiring import wire
from tests.support.postgres import start_postgres

RUNS = 3
LEAST = 0.25  # seconds of work between two looks at the clock
AIM_CLOSURE, AIM_SCAN, AIM_SHARED = 2.5, 1.2, 2.0
TICK = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run what was asked for and print ratios with their aims."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=100_000, help="with ten orders each")
    options.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options.add_argument("--only", default="", help="one scan by its name")
    chosen = options.parse_args()
    wire()
    closures()
    if chosen.database in ("sqlite", "both"):
        on_sqlite(chosen.customers, chosen.only)
    if chosen.database in ("postgresql", "both"):
        on_postgresql(chosen.customers, chosen.only)


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def closures() -> None:
    """Five clauses on records of twenty fields."""
    rows = _records(2_000)
    shapes = _twenty_fields()
    tree = _checked(FIVE_CLAUSES, shapes)
    holds = compile_python(tree, shapes)
    context = Context(MOMENT)
    assert [holds(row, context) for row in rows] == [by_hand(row) for row in rows]
    ours = _best(lambda: [holds(row, context) for row in rows], time.process_time, 8)
    hand = _best(lambda: [by_hand(row) for row in rows], time.process_time, 8)
    each = [1e6 * one / len(rows) for one in (ours, hand)]
    say(f"closure  ours {each[0]:.2f} us, by hand {each[1]:.2f} us a record, "
        f"{ours / hand:.2f} times (aim: {AIM_CLOSURE} at most)")  # fmt: skip


def _twenty_fields() -> Shapes:
    kinds: dict[str, ValueType] = {
        "tier": ValueType(Kind.CHOICE), "points": number(), "name": TEXT, "joined": DATETIME,
        "vip": BOOLEAN, "balance": number(2), **{f"more_{n}": TEXT for n in range(14)},
    }  # fmt: skip
    fields = {key: FieldShape(key, kind) for key, kind in kinds.items()}
    return Shapes({"customers": FormShape("customers", fields)})


def _records(count: int) -> list[dict[str, Any]]:
    draw = random.Random(7)  # noqa: S311
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return [
        {
            "id": n,
            "tier": draw.choice([None, "gold", "diamond", "gold", "basic"]),
            "points": draw.choice([None, *(Decimal(n) for n in range(50, 500, 30))]),
            "name": draw.choice(["Ann", "王小明", "", None, "Bea"]),
            "joined": start + timedelta(days=draw.randrange(900)),
            "vip": draw.choice([True, False, None]),
            "balance": draw.choice([None, Decimal("20.51"), Decimal("3.00")]),
            **{f"more_{m}": "x" for m in range(14)},
        }
        for n in range(count)
    ]


def on_sqlite(customers: int, only: str) -> None:
    """All scans in a file of its own."""
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        connection = open_sqlite(Path(folder))
        shop = _filled(connection, "sqlite", customers)
        scans(shop, time.process_time, only)
        connection.close()


def on_postgresql(customers: int, only: str) -> None:
    """All scans in a server of its own; the CPU time is that of its one process for us."""
    server = start_postgres()
    try:
        url = f"postgresql+psycopg://postgres@/postgres?host={server.socket_folder}"
        connection = sa.create_engine(url).connect()
        backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        shop = _filled(connection, "postgresql", customers)
        scans(shop, lambda: _cpu_of(backend), only)
        connection.close()
    finally:
        server.stop()


def _cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _filled(connection: sa.Connection, dialect: str, customers: int) -> Shop:
    began = time.perf_counter()
    shop = fill(connection, dialect, customers)
    say(f"{dialect}: {customers:,} customers with {customers * 10:,} orders, "
        f"made in {time.perf_counter() - began:.0f} s")  # fmt: skip
    return shop


def scans(shop: Shop, clock: Callable[[], float], only: str) -> None:
    """Each condition ours and by hand, in turn."""
    for scan in SCANS:
        if only in ("", scan.name):
            _scan(shop, scan, clock)
    if only in ("", "together"):
        together(shop, clock)


def together(shop: Shop, clock: Callable[[], float]) -> None:
    """Many rules about the same orders: one shared pass, beside one statement for each."""
    trees = [_checked(raw, shop.shapes) for raw in MANY_RULES]
    target = Target(shop.shapes, shop.source, MOMENT, shop.dialect, "scan")
    table = shop.customers
    shared = shared_pass(trees, target, table)
    alone = [sa.select(table.c.id).where(compile_sql(tree, target, table)) for tree in trees]

    def one_pass() -> list[set[int]]:
        found: list[set[int]] = [set() for _ in trees]
        for record, *flags in shop.connection.execute(shared):
            for held, flag in zip(found, flags, strict=True):
                if flag:
                    held.add(record)
        return found

    def one_by_one() -> list[set[int]]:
        return [set(shop.connection.execute(query).scalars()) for query in alone]

    if one_pass() != one_by_one():
        sys.exit("The shared pass finds other people.")
    ours, apart = (_best(ask, clock, RUNS) for ask in (one_pass, one_by_one))
    say(f"  {len(trees)} rules together {1000 * ours:.0f} ms, one by one {1000 * apart:.0f} ms, "
        f"{apart / max(ours, 0.001):.2f} times faster (aim: {AIM_SHARED} at least)")  # fmt: skip


def _scan(shop: Shop, scan: Scan, clock: Callable[[], float]) -> None:
    tree = _checked(scan.condition, shop.shapes)
    target = Target(shop.shapes, shop.source, MOMENT, shop.dialect, "scan")
    table = shop.customers
    ours = sa.select(table.c.id).where(compile_sql(tree, target, table))
    by_experts = [
        f"SELECT c.id FROM f_customers c WHERE {words.format(**edges(shop.dialect))}"  # noqa: S608
        for words in scan.hand
    ]
    asked: list[Callable[[], list[int]]] = [
        lambda: list(shop.connection.execute(ours).scalars()),
        *(lambda words=words: _ask(shop, words) for words in by_experts),  # type: ignore[misc]
    ]
    answers = [sorted(ask()) for ask in asked]
    if any(answer != answers[0] for answer in answers):
        sys.exit(f"{scan.name}: the answers differ: {[len(each) for each in answers]}")
    mine, *hands = (_best(ask, clock, RUNS) for ask in asked)
    ratio = mine / max(min(hands), 0.001)
    tried = " / ".join(f"{1000 * one:.0f}" for one in hands)
    say(f"  {scan.name:4} {1000 * mine:7.0f} ms, by hand {tried} ms, {ratio:.2f} times "
        f"(aim: {AIM_SCAN} at most), {len(answers[0]):,} found: {scan.title}")  # fmt: skip


def _ask(shop: Shop, words: str) -> list[int]:
    return list(shop.connection.exec_driver_sql(words).scalars())


def _best(work: Callable[[], Any], clock: Callable[[], float], runs: int) -> float:
    """The best CPU time of one ``work``; short ones are done often enough for a coarse clock."""
    began = time.perf_counter()
    work()
    often = max(1, round(LEAST / max(time.perf_counter() - began, 1e-6)))
    spent = []
    for _ in range(runs):
        before = clock()
        for _ in range(often):
            work()
        spent.append((clock() - before) / often)
    return min(spent)


def _checked(raw: Any, shapes: Shapes) -> Node:
    tree, problems = parse_condition(raw)
    if not problems:
        tree, problems = check(tree, shapes, "customers")
    assert problems == [], problems
    return tree


if __name__ == "__main__":
    main()
