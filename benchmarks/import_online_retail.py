"""Importing a real sales history beside what the bare database driver needs for the same rows.

    python -m benchmarks.import_online_retail [--database postgresql+psycopg://…]

Needs the public Online Retail data (REGULARS_TEST_DATA, or the folder beside the checkout). The
floor parses the same file, converts the same cells by hand and writes the same rows of the same
tables with ``executemany``, indexes included; no validation, history, events or sums. Both run in
this process one after the other, so their ratio means something on a busy machine too.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import batches, files, running
from regulars.form_builder.tables import FormTables
from regulars.platform.accounts.access import system_access
from regulars.platform.columns import epoch_microseconds
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions import store
from regulars.platform.workspaces import create_workspace
from regulars.wiring import wire
from tests.support.real_data import find_real_data

ROOT = Path(__file__).resolve().parents[1]
FORMS = ROOT / "regulars" / "seed_templates" / "retail_crm" / "forms"
MAP = ROOT / "tests" / "golden" / "online_retail_map.json"
LONDON = ZoneInfo("Europe/London")
Row = dict[str, Any]


@dataclass
class Sorted:
    """The file's lines as rows, by hand."""

    customers: dict[str, Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    returns: dict[str, Row] = field(default_factory=dict)
    order_items: list[Row] = field(default_factory=list)
    return_items: list[Row] = field(default_factory=list)


def main() -> None:
    """Run both and print their figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    url = options.parse_args().database
    source = find_real_data("online_retail_2010_2011.csv.gz")
    if source is None:
        sys.exit("The Online Retail data is not here; set REGULARS_TEST_DATA.")
    wire()
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        database = Database(url, Path(folder))
        database.create_stores()
        floor_place, place = (_workspace(database, key) for key in ("floor", "shop"))
        floor = _timed(lambda: _floor(database, floor_place, source))
        ours = _timed(lambda: _import(database, place, source))
        _report(floor, ours)
        for each in (floor_place, place):
            database.drop_store(each)
        database.close()


@dataclass(frozen=True)
class Run:
    """How long one of the two took."""

    lines: int
    wall: float
    cpu: float


def _report(floor: Run, ours: Run) -> None:
    lines = [
        f"{name:6} {run.lines:>8,} lines, {run.lines / run.wall:>9,.0f} lines/s, "
        f"{run.wall:6.2f} s, of which {run.cpu:6.2f} s computing here"
        for name, run in (("floor", floor), ("import", ours))
    ]
    clock, computing = ours.wall / floor.wall, ours.cpu / floor.cpu
    lines.append(f"ratio  {clock:.2f} by the clock, {computing:.2f} computing (aim: 4 at most)")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines.append(f"memory {memory} MB at most")
    sys.stdout.write("\n".join(lines) + "\n")


def _timed(work: Callable[[], int]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    lines = work()
    return Run(lines, time.perf_counter() - wall, time.process_time() - cpu)


def _workspace(database: Database, key: str) -> Workspace:
    place = create_workspace(
        database, key, key.title(), zone="Europe/London", currency="GBP", locale="en"
    )
    with database.workspace_tx(place) as uow:
        forms = [json.loads(path.read_text("utf-8")) for path in sorted(FORMS.glob("*.json"))]
        access = system_access("en")
        for form in forms:
            store.save_draft(uow, access, "form", form)
        store.publish(uow, access, [("form", form["key"]) for form in forms])
    return place


def _import(database: Database, place: Workspace, source: Path) -> int:
    access = system_access("en")
    with database.workspace_tx(place) as uow:
        file = files.store_file(uow, source, source.name, {})
        raw_map = json.loads(MAP.read_text("utf-8"))
        batch = batches.create_batch(uow, access, "orders", file.id, raw_map)
        batches.start_batch(uow, access, batch.id)
    running.run_due(database, place)
    with database.workspace_tx(place, write=False) as uow:
        done = batches.get_batch(uow, access, batch.id)
    assert done.result is not None, done.error
    return int(done.result["lines"])


def _floor(database: Database, place: Workspace, source: Path) -> int:
    with gzip.open(source, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        rows, lines = _sort(reader, database.is_sqlite)
    with database.workspace_tx(place, write=False) as uow:
        tables = catalog_of(uow).tables
    with database.workspace_tx(place) as uow:
        driver = uow.connection.connection.driver_connection
        for table, found in _tables(tables, rows):
            _executemany(driver, uow.connection, table, found)
    return lines


def _tables(
    tables: Mapping[str, FormTables], rows: Sorted
) -> list[tuple[sa.Table, Sequence[Row]]]:
    return [
        (tables["customers"].main, list(rows.customers.values())),
        (tables["products"].main, list(rows.products.values())),
        (tables["orders"].main, list(rows.orders.values())),
        (tables["orders"].rows["items"].main, rows.order_items),
        (tables["returns"].main, list(rows.returns.values())),
        (tables["returns"].rows["items"].main, rows.return_items),
    ]


def _executemany(
    driver: Any, connection: sa.Connection, table: sa.Table, rows: Sequence[Row]
) -> None:
    names = list(rows[0])
    statement = table.insert().values({name: sa.bindparam(name) for name in names})
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    cursor = driver.cursor()
    if compiled.positional:
        assert compiled.positiontup is not None
        order = compiled.positiontup
        cursor.executemany(str(compiled), [tuple(row[name] for name in order) for row in rows])
    else:
        cursor.executemany(str(compiled), rows)


def _sort(reader: Any, is_sqlite: bool) -> tuple[Sorted, int]:
    rows, lines = Sorted(), 0
    for lines, line in enumerate(reader, start=1):  # noqa: B007 - counted
        number, sku, name, quantity, at, price, customer, country = line
        if float(price) > 0:
            rows.products.setdefault(sku, _system(len(rows.products) + 1, at, is_sqlite) | {
                "sku": sku, "name": name, "name__ci": name.casefold(),
            })  # fmt: skip
        if not customer:
            continue
        buyer = rows.customers.get(customer)
        if buyer is None:
            buyer = rows.customers[customer] = _system(len(rows.customers) + 1, at, is_sqlite) | {
                "external_code": customer, "name": customer, "name__ci": customer,
                "country": country, "country__ci": country.casefold(),
            }  # fmt: skip
        if number.startswith("C"):
            _add(rows.returns, rows.return_items, rows, line, buyer["id"], is_sqlite)
        elif int(quantity) > 0 and float(price) > 0:
            _add(rows.orders, rows.order_items, rows, line, buyer["id"], is_sqlite)
    return rows, lines


def _add(
    parents: dict[str, Row], items: list[Row], rows: Sorted, line: Sequence[str], buyer: int,
    is_sqlite: bool,
) -> None:  # fmt: skip
    number, sku, _name, quantity, at, price, _customer, _country = line
    parent = parents.get(number)
    if parent is None:
        no, when = (
            ("order_no", "paid_at") if parents is rows.orders else ("return_no", "returned_at")
        )
        parent = parents[number] = _system(len(parents) + 1, at, is_sqlite) | {
            no: number, "customer": buyer, when: _instant(at, is_sqlite),
        }  # fmt: skip
    product = rows.products.get(sku)
    items.append({
        "id": len(items) + 1, "parent": parent["id"], "position": len(items),
        "product": product["id"] if product else None,
        "quantity": abs(int(quantity)), "unit_price": round(float(price) * 10_000),
    })  # fmt: skip


def _system(number: int, at: str, is_sqlite: bool) -> Row:
    instant = _instant(at, is_sqlite)
    return {
        "id": number, "version": 1, "created_at": instant, "updated_at": instant,
        "form_version": 1,
    }  # fmt: skip


def _instant(text: str, is_sqlite: bool) -> Any:
    moment = datetime.fromisoformat(text).replace(tzinfo=LONDON)
    return epoch_microseconds(moment) if is_sqlite else moment


if __name__ == "__main__":
    main()
