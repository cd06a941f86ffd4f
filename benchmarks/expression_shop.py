"""A generated shop for the benchmark of expressions: customers with ten orders each.

The tables are those the product makes for the two forms; the rows are made inside the database by
arithmetic on their number, so that both databases hold the same ones. One customer in ten never
bought; orders arrive in the order of their time, over the 1,000 days before `NOW`.
"""

# ruff: noqa: S608 - rows made inside an empty database; nothing comes from outside

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.form_builder.catalog import Source
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.shaping import shape_forms
from regulars.form_builder.tables import FormTables, build_tables
from regulars.platform import columns
from regulars.platform.expressions import sqlite_functions
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.types import Moment

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
MOMENT = Moment(NOW, ZoneInfo("Asia/Shanghai"))
DAYS = 1_000
ORDERS_EACH = 10
CUSTOMERS: dict[str, Any] = {
    "kind": "form",
    "key": "customers",
    "label": "Customers",
    "person": {"name": "name"},
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "tier", "type": "choice",
         "options": [{"value": word} for word in ("basic", "silver", "gold", "diamond")]},
        {"key": "points", "type": "number"},
        {"key": "orders", "type": "related", "from": "orders", "via": "customer",
         "order": "-paid_at"},
    ],
}  # fmt: skip
ORDERS: dict[str, Any] = {
    "kind": "form",
    "key": "orders",
    "label": "Orders",
    "fields": [
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "paid_at", "type": "datetime"},
        {"key": "amount", "type": "money", "currency": "CNY"},
    ],
}


@dataclass(frozen=True)
class Shop:
    """One filled database; ``source`` is what the compiler asks for tables."""

    dialect: str
    connection: sa.Connection
    shapes: Shapes
    source: ConsentedSource

    @property
    def customers(self) -> sa.FromClause:
        """The table of the people."""
        return self.source.table("customers")


CONSENTS = sa.Table(
    "consents",
    sa.MetaData(),
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("record_id", columns.BigInt, primary_key=True),
    sa.Column("purpose", columns.Text, primary_key=True),
    sa.Column("channel", columns.Text, primary_key=True),
    sa.Column("granted", columns.Flag),
)


class ConsentedSource(Source):
    """The tables of the forms, with a consent table of the benchmark's own."""

    def consents(self) -> sa.FromClause:
        """Who agrees to what now."""
        return CONSENTS


def open_sqlite(folder: Path) -> sa.Connection:
    """An empty store with the settings of the product."""
    engine = sa.create_engine(f"sqlite:///{folder / 'shop.db'}")

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        sqlite_functions.install(connection)
        for setting in ("cache_size = -65536", "mmap_size = 268435456", "journal_mode = OFF"):
            connection.execute(f"PRAGMA {setting}")

    return engine.connect()


def fill(connection: sa.Connection, dialect: str, customers: int) -> Shop:
    """Make the tables, the rows and the indexes that the rules ask for."""
    forms = [FormDefinition.from_json(each) for each in (CUSTOMERS, ORDERS)]
    shapes, problems = shape_forms(forms, ())
    assert problems == [], problems
    tables = {form.key: build_tables(form) for form in forms}
    _make(connection, tables)
    doubled = dialect == "postgresql"  # its driver reads a lone % as a parameter

    def say(words: str) -> None:
        connection.exec_driver_sql(words.replace("%", "%%") if doubled else words)

    say(_people(dialect, customers))
    say(_orders(dialect, customers))
    say(_agreed(dialect, customers))
    say("CREATE INDEX i_use ON f_orders (customer, paid_at, amount)")
    say("CREATE INDEX i_time ON f_orders (paid_at)")
    connection.commit()
    _gather(connection, dialect)
    return Shop(dialect, connection, shapes, ConsentedSource(tables))


def _make(connection: sa.Connection, tables: dict[str, FormTables]) -> None:
    for each in tables.values():
        each.main.indexes.clear()
        each.main.create(connection)
    CONSENTS.create(connection)


def _numbers(dialect: str, count: int) -> str:
    if dialect == "postgresql":
        return f"(SELECT i::bigint AS i FROM generate_series(1, {count}) AS s(i)) n"
    return (
        f"(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {count}) "
        "SELECT i FROM s) n"
    )


def _instant(dialect: str, seconds: str) -> str:
    """``seconds`` before `NOW` as the database keeps instants."""
    now = int(NOW.timestamp())
    if dialect == "postgresql":
        return f"to_timestamp({now} - ({seconds}))"
    return f"({now} - ({seconds})) * 1000000"


_SYSTEM = "id, created_at, updated_at, form_version"


def _people(dialect: str, count: int) -> str:
    at = _instant(dialect, "0")
    tier = "CASE i % 20 WHEN 0 THEN 'diamond' WHEN 1 THEN 'gold' WHEN 2 THEN 'gold' "
    tier += "WHEN 3 THEN 'silver' ELSE 'basic' END"
    words = "'Customer ' || i"
    return (
        f"INSERT INTO f_customers ({_SYSTEM}, name, name__ci, tier, points) "
        f"SELECT i, {at}, {at}, 1, {words}, 'customer ' || i, {tier}, (i * 7919) % 5000 "
        f"FROM {_numbers(dialect, count)}"
    )


def _orders(dialect: str, customers: int) -> str:
    count = customers * ORDERS_EACH
    span = int(timedelta(days=DAYS).total_seconds())
    buyers = customers * 9 // 10
    seconds = f"({count} - i) * {span} / {count} + (i * 31) % 3600"
    drawn = f"(((i * 48271) % 2147483647 + i / 7) % {buyers})"
    who = f"1 + {drawn} * {drawn} / {buyers}"  # some buy far more often than others
    at = _instant(dialect, seconds)
    return (
        f"INSERT INTO f_orders ({_SYSTEM}, customer, paid_at, amount) "
        f"SELECT i, {at}, {at}, 1, {who}, {at}, 100 + (i * 16807) % 2147483647 % 90000 "
        f"FROM {_numbers(dialect, count)}"
    )


def _agreed(dialect: str, count: int) -> str:
    yes = "true" if dialect == "postgresql" else "1"
    return (
        "INSERT INTO consents (form, record_id, purpose, channel, granted) "
        f"SELECT 'customers', i, 'marketing', 'sms', {yes} "
        f"FROM {_numbers(dialect, count)} WHERE i % 5 < 3"
    )


def _gather(connection: sa.Connection, dialect: str) -> None:
    """Statistics for the planner, as the product keeps them."""
    if dialect == "sqlite":
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
        return
    connection.rollback()
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.autocommit = True
    connection.exec_driver_sql("VACUUM ANALYZE")
    connection.exec_driver_sql("SET max_parallel_workers_per_gather = 0")
