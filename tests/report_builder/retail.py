"""Online Retail straight into form tables: the sales of a gift shop, 2010-12-01 to 2011-12-09.

A sale is a line without a ``C`` invoice, with a positive quantity and price, and a customer.
This loader is for tests of numbers only; imports of people go through the importer.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.workspaces import get_workspace
from tests.support import databases
from tests.support.clocks import MovableClock
from tests.support.shop_forms import publish_forms

LONDON = ZoneInfo("Europe/London")
AT = datetime(2011, 12, 10, 10, tzinfo=LONDON)
FORMS: tuple[dict[str, Any], ...] = (
    {
        "kind": "form",
        "key": "customers",
        "label": "Customers",
        "title": "{number}",
        "fields": [
            {"key": "number", "type": "text", "case": "exact"},
            {"key": "country", "type": "text"},
            {
                "key": "orders",
                "type": "related",
                "from": "orders",
                "via": "customer",
                "order": "-paid_at",
            },
        ],
    },
    {
        "kind": "form",
        "key": "orders",
        "label": "Orders",
        "title": "{invoice}",
        "fields": [
            {"key": "invoice", "type": "text", "case": "exact"},
            {"key": "customer", "type": "link", "to": "customers"},
            {"key": "paid_at", "type": "datetime"},
            {"key": "amount", "type": "money", "decimals": 4},
            {
                "key": "items",
                "type": "subform",
                "fields": [
                    {"key": "code", "type": "text", "case": "exact"},
                    {"key": "quantity", "type": "number"},
                    {"key": "price", "type": "money", "decimals": 4},
                    {
                        "key": "line_total",
                        "type": "formula",
                        "formula": "quantity * price",
                        "result": "money",
                        "decimals": 4,
                    },
                ],
            },
        ],
    },
)  # fmt: skip


@dataclass
class Sales:
    """Rows ready for the tables of customers, orders and items."""

    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: Sequence[str]) -> None:
        """One line of the file, if it is a sale."""
        invoice, code, _text, quantity, at, price, number, country = line
        if invoice.startswith("C") or not number or int(quantity) <= 0 or Decimal(price) <= 0:
            return
        when = datetime.fromisoformat(at).replace(tzinfo=LONDON).astimezone(UTC)
        stamps = {"created_at": when, "updated_at": when, "form_version": 1}
        customer = self.customers.setdefault(
            number,
            {"id": len(self.customers) + 1, "number": number, "country": country}
            | {"country__ci": country.casefold(), **stamps},
        )
        order = self.orders.setdefault(
            invoice,
            {"id": len(self.orders) + 1, "invoice": invoice, "customer": customer["id"]}
            | {"paid_at": when, "amount": Decimal(0), **stamps},
        )
        order["amount"] += int(quantity) * Decimal(price)
        self.items.append(
            {"id": len(self.items) + 1, "parent": order["id"], "position": len(self.items)}
            | {"code": code, "quantity": Decimal(quantity), "price": Decimal(price)}
        )


def read_sales(path: Path) -> Sales:
    """Every sale of the file."""
    sales = Sales()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as source:
        lines = csv.reader(source)
        next(lines)
        for line in lines:
            sales.add(line)
    return sales


def load_sales(uow: UnitOfWork, sales: Sales) -> None:
    """Publish the forms and fill their tables."""
    publish_forms(uow, FORMS)
    tables = catalog_of(uow).tables
    fill(uow, tables["customers"].main, sales.customers.values())
    fill(uow, tables["orders"].main, sales.orders.values())
    fill(uow, tables["orders"].rows["items"].main, sales.items)


def fill(uow: UnitOfWork, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Many full rows into a table the fast way: COPY on PostgreSQL, executemany on SQLite."""
    every = list(rows)
    names = list(every[0])
    dialect = uow.connection.dialect
    binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    pairs = list(zip(names, binds, strict=True))
    stored = ([bind(row[name]) if bind else row[name] for name, bind in pairs] for row in every)
    columns = ", ".join(names)
    with closing(uow.connection.connection.cursor()) as cursor:
        if dialect.name == "sqlite":
            marks = ", ".join("?" for _ in names)
            cursor.executemany(
                f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", list(stored)
            )
            return
        with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in stored:
                copy.write_row(row)


@dataclass
class Shop:
    """An installation whose one workspace lives in London and counts pounds."""

    database: Database
    workspace: Workspace

    @contextmanager
    def open(self, **settings: Any) -> Iterator[UnitOfWork]:
        """A transaction in the shop, in the middle of 2012 unless ``now`` says otherwise."""
        settings.setdefault("now", datetime(2012, 6, 15, 12, tzinfo=UTC))
        with self.database.workspace_tx(self.workspace, **settings) as uow:
            yield uow


@contextmanager
def new_shop(
    kind: str, request: pytest.FixtureRequest, folder: Path, zone: str = "Europe/London"
) -> Iterator[Shop]:
    """A fresh installation that outlives a single test."""
    with databases.copied(request, kind, folder / "data", MovableClock()) as database:
        workspace = replace(get_workspace(database, "shop"), zone=zone, currency="GBP")
        yield Shop(database, workspace)
        database.close()
