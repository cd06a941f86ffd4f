"""A small shop with nasty data, on both databases and in Python, for tests of expressions."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from regulars.platform import columns
from regulars.platform.expressions import sqlite_functions
from regulars.platform.expressions.dependencies import resolve_formulas
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import Path
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    MISSING,
    TEXT,
    Kind,
    ValueType,
    number,
)
from tests.support.options import chosen_databases

Row = dict[str, Any]
_number = itertools.count(1)
T = TypeVar("T")
TIERS = ("gold", "silver", "basic")
STATUSES = ("paid", "open", "void")
WORDS = ("vip", "sleeping", "won_back", "常客")
TEXTS = (
    None,
    "vip",
    "Ann",
    "ann",
    "ANN",
    "Straße",
    "STRASSE",
    "straße",
    "İstanbul",
    "istanbul",
    "ﬁne",
    "FINE",
    "王小明",
    "ς",
    "Σίσυφος",
    "σίσυφοσ",
    "a%b_c",
    'say "hi"',
    "  x",
    "12.50",
    "-3",
    "1e5",
    "0",
    "é",
    "e\u0301",
    "😀 ok",
    "ŉ",
    "O'Brien",
    "\u3000全角\u3000",
)
CODES = (None, "85123A", "85123a", "POST", "post", "12.50")
AMOUNTS = ("0", "0.01", "-0.01", "19.99", "20", "100", "99999.99", "-5000", "4999.99", "5000")
HUGE = ("9999999999999.99", "-9999999999999.99")
WHOLES = ("0", "1", "-1", "2", "3", "7", "100", "999999999999")
RATES = ("0", "0.0001", "0.3333", "-0.5", "1", "2.5", "0.15")
DAYS = (
    date(2024, 2, 29),
    date(2000, 2, 29),
    date(1999, 2, 28),
    date(2024, 3, 1),
    date(2023, 12, 31),
    date(1990, 7, 15),
    date(2024, 1, 31),
    date(2024, 10, 27),
    date(1970, 1, 1),
    date(1960, 3, 31),
    date(2024, 3, 10),
    date(2024, 3, 31),
    date(2024, 11, 3),
    date(2023, 3, 1),
)
INSTANTS = (
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2024, 2, 29, 16, tzinfo=UTC),
    datetime(2024, 2, 29, 15, 59, 59, 999999, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2024, 3, 10, 6, 59, 59, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 3, 31, 0, 30, tzinfo=UTC),
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
    datetime(2024, 11, 3, 6, 30, tzinfo=UTC),
    datetime(2023, 12, 31, 23, 30, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
    datetime(1989, 4, 15, 17, tzinfo=UTC),
    datetime(2011, 12, 9, 12, 50, tzinfo=UTC),
    datetime(2024, 3, 11, 3, 30, tzinfo=UTC),
    datetime(1987, 10, 25, 2, 45, tzinfo=UTC),
)


def link(form: str) -> ValueType:
    """The type of a link to ``form``."""
    return ValueType(Kind.LINK, form=form)


def rows(form: str) -> ValueType:
    """The type of records of ``form``."""
    return ValueType(Kind.ROWS, form=form)


def choice(*options: str) -> ValueType:
    """The type of one of ``options``."""
    return ValueType(Kind.CHOICE, options=options)


CUSTOMERS = {
    "id": link("customers"),
    "name": TEXT,
    "code": TEXT,
    "tier": choice(*TIERS),
    "points": number(0),
    "balance": number(2),
    "rate": number(4),
    "birthday": DATE,
    "joined": DATETIME,
    "vip": BOOLEAN,
    "tags": ValueType(Kind.TAGS),
    "referrer": link("customers"),
    "store": link("sys_units"),
    "seller": link("sys_members"),
}
ORDERS = {
    "id": link("orders"),
    "customer": link("customers"),
    "amount": number(2),
    "weight": number(6),
    "paid_at": DATETIME,
    "due": DATE,
    "status": choice(*STATUSES),
    "note": TEXT,
    "gift": BOOLEAN,
    "labels": ValueType(Kind.TAGS, options=WORDS),
}
ITEMS = {
    "id": link("orders.items"),
    "parent": link("orders"),
    "product": TEXT,
    "quantity": number(0),
    "price": number(4),
}
HELPERS = {"id": link("orders.helpers"), "parent": link("orders"), "record": link("customers")}
NAMING = {("customers", "name"), ("customers", "code"), ("customers", "points")}
EXACT = {("customers", "code"), ("orders.items", "product")}
DERIVED = {
    "customers": {
        "shout": (TEXT, 'UPPER(name) & "!"'),
        "spend": (number(2), 'SUM(orders, amount, WHERE status = "paid")'),
        "weeks": (number(1), "DAYS_SINCE(joined) / 7"),
        "is_known": (BOOLEAN, "NOT ISEMPTY(name) AND points > 0"),
        "since": (DATE, 'STARTOF(joined, "month")'),
        "referrer_tier": (MISSING, "referrer.tier"),
    },
    "orders": {
        "total": (number(2), "SUM(items, quantity * price)"),
        "is_first": (BOOLEAN, "COUNT(customer.orders) = 1"),
        "buyer": (MISSING, "customer.name"),
    },
}


def _plain_form(key: str, fields: Mapping[str, ValueType], **more: FieldShape) -> FormShape:
    shapes = {
        name: FieldShape(name, kind, exact=(key, name) in EXACT, unique=(key, name) in NAMING)
        for name, kind in fields.items()
    }
    return FormShape(key, {**shapes, **more}, label=key, is_person=key == "customers")


def make_shapes() -> Shapes:
    """The shapes of the shop, formula fields resolved."""
    orders = FieldShape("orders", rows("orders"), via="customer", order=("-paid_at",))
    referred = FieldShape("referred", rows("customers"), via="referrer")
    items = FieldShape("items", rows("orders.items"), via="parent")
    connecting = rows("orders.helpers")
    helped = FieldShape("helped", connecting, via="record", order=("-due",), through="parent")
    helpers = FieldShape("helpers", connecting, via="parent", through="record")
    buyers = {"orders": orders, "referred": referred, "helped": helped}
    forms = {
        "customers": _plain_form("customers", CUSTOMERS, **buyers),
        "orders": _plain_form("orders", ORDERS, items=items, helpers=helpers),
        "orders.items": _plain_form("orders.items", ITEMS),
        "orders.helpers": _plain_form("orders.helpers", HELPERS),
    }
    for key, derived in DERIVED.items():
        made = {
            name: FieldShape(name, kind, formula=_tree(text, kind))
            for name, (kind, text) in derived.items()
        }
        forms[key] = replace(forms[key], fields={**forms[key].fields, **made})
    shapes, problems = resolve_formulas(Shapes(forms))
    assert problems == {}
    return shapes


def _tree(text: str, kind: ValueType) -> Any:
    return Path(tuple(text.split("."))) if kind is MISSING else parse_formula(text)


def _columns(form: str, fields: Mapping[str, ValueType]) -> list[sa.Column[Any]]:
    made: list[sa.Column[Any]] = []
    types: dict[Kind, Any] = {
        Kind.TEXT: columns.Text,
        Kind.CHOICE: columns.Text,
        Kind.DATE: columns.Day,
        Kind.DATETIME: columns.Instant,
        Kind.BOOLEAN: columns.Flag,
        Kind.LINK: columns.BigInt,
    }
    for name, kind in fields.items():
        if kind.kind is Kind.TAGS:
            continue
        column_type = types.get(kind.kind) or columns.Scaled(kind.scale)
        made.append(sa.Column(name, column_type, primary_key=name == "id"))
        if kind.kind is Kind.TEXT and (form, name) not in EXACT:
            made.append(sa.Column(f"{name}__ci", columns.Text))
    return made


class ShopTables:
    """The tables of the shop; a `SqlSource`."""

    def __init__(self) -> None:
        metadata = sa.MetaData()
        forms = {
            "customers": CUSTOMERS, "orders": ORDERS, "orders.items": ITEMS,
            "orders.helpers": HELPERS,
        }  # fmt: skip
        self.metadata = metadata
        self.forms = {
            key: sa.Table(f"f_{key.replace('.', '__')}", metadata, *_columns(key, fields))
            for key, fields in forms.items()
        }
        self.sides = {
            (form, field): sa.Table(
                f"f_{form}__{field}",
                metadata,
                sa.Column("value", columns.Text, primary_key=True),
                sa.Column("record", columns.BigInt, primary_key=True),
            )
            for form, field in (("customers", "tags"), ("orders", "labels"))
        }
        self.consent = sa.Table(
            "consent_state",
            metadata,
            sa.Column("form", columns.Text),
            sa.Column("record_id", columns.BigInt),
            sa.Column("purpose", columns.Text),
            sa.Column("channel", columns.Text),
            sa.Column("granted", columns.Flag),
        )

    def table(self, form_key: str) -> sa.Table:
        return self.forms[form_key]

    def side(self, form_key: str, field_key: str) -> sa.Table:
        return self.sides[form_key, field_key]

    def consents(self) -> sa.Table:
        return self.consent

    def designed(self):  # type: ignore[no-untyped-def]
        return self


@dataclass(frozen=True)
class Shop:
    """All records in plain Python; serves the closures as `Records`."""

    rows: Mapping[str, Sequence[Row]]
    agreed: frozenset[tuple[str, int, str, str]]

    def linked(self, form_key: str, record_id: int) -> Row | None:
        return next((row for row in self.rows.get(form_key, ()) if row["id"] == record_id), None)

    def related(self, form_key: str, via_field: str, record_id: int) -> Sequence[Row]:
        return [row for row in self.rows[form_key] if row[via_field] == record_id]

    def named(self, form_key: str, field_key: str, value: Any) -> int | None:
        fold = isinstance(value, str) and (form_key, field_key) not in EXACT
        wanted = value.casefold() if fold else value
        kept = ((row["id"], row[field_key]) for row in self.rows[form_key])
        hits = [record for record, own in kept if own is not None and wanted == _same(own, fold)]
        return min(hits, default=None)

    def has_consent(self, form_key: str, record_id: int, purpose: str, channel: str) -> bool:
        return (form_key, record_id, purpose, channel) in self.agreed


def _same(value: Any, fold: bool) -> Any:
    return value.casefold() if fold else value


def make_shop(seed: int, *, customers: int = 24, orders: int = 60, items: int = 90) -> Shop:
    """Records drawn from the nasty values; some customers never bought, one bought very often."""
    draw = random.Random(seed)
    made: dict[str, list[Row]] = {
        "customers": [_customer(draw, n) for n in range(1, customers + 1)],
        "orders": [_order(draw, n, customers) for n in range(1, orders + 1)],
        "orders.items": [_item(draw, n, orders) for n in range(1, items + 1)],
    }
    agreed = frozenset(
        ("customers", row["id"], purpose, channel)
        for row in made["customers"]
        for purpose in ("marketing", "service")
        for channel in ("sms", "email")
        if draw.random() < 0.4
    )
    more = random.Random(seed + 1)
    made["orders.helpers"] = [
        {"id": n, "parent": order, "record": customer}
        for n, (order, customer) in enumerate(
            sorted({(more.randrange(1, orders + 1), more.randrange(1, customers + 3))
                    for _ in range(orders)}), 1)
    ]  # fmt: skip
    return Shop(made, agreed)


def _maybe(draw: random.Random, value: T, missing: float = 0.2) -> T | None:
    return None if draw.random() < missing else value


def _decimal(draw: random.Random, pool: Sequence[str], places: int) -> Decimal | None:
    huge = places == 2 and draw.random() < 0.04
    value = Decimal(draw.choice(HUGE if huge else pool))
    return _maybe(draw, value.quantize(Decimal(1).scaleb(-places)))


def _instant(draw: random.Random) -> datetime | None:
    value = draw.choice(INSTANTS)
    if draw.random() < 0.5:
        value += timedelta(hours=draw.randrange(-2000, 2000))
    return _maybe(draw, value)


def _customer(draw: random.Random, n: int) -> Row:
    return {
        "id": n,
        "name": draw.choice(TEXTS),
        "code": draw.choice(CODES),
        "tier": _maybe(draw, draw.choice(TIERS)),
        "points": _decimal(draw, WHOLES, 0),
        "balance": _decimal(draw, AMOUNTS, 2),
        "rate": _decimal(draw, RATES, 4),
        "birthday": _maybe(draw, draw.choice(DAYS)),
        "joined": _instant(draw),
        "vip": _maybe(draw, draw.random() < 0.5),
        "tags": frozenset(word for word in WORDS if draw.random() < 0.3),
        "referrer": _maybe(draw, draw.randrange(1, 8), 0.5),
        "store": _maybe(draw, draw.randrange(1, 4)),
        "seller": _maybe(draw, draw.randrange(1, 4)),
    }


def _order(draw: random.Random, n: int, customers: int) -> Row:
    buyer = 1 if draw.random() < 0.3 else draw.randrange(1, max(2, customers * 2 // 3))
    return {
        "id": n,
        "customer": _maybe(draw, buyer, 0.05),
        "amount": _decimal(draw, AMOUNTS, 2),
        "weight": _decimal(draw, RATES, 6),
        "paid_at": _instant(draw),
        "due": _maybe(draw, draw.choice(DAYS)),
        "status": _maybe(draw, draw.choice(STATUSES)),
        "note": draw.choice(TEXTS),
        "gift": _maybe(draw, draw.random() < 0.5),
        "labels": frozenset(word for word in WORDS if draw.random() < 0.3),
    }


def _item(draw: random.Random, n: int, orders: int) -> Row:
    return {
        "id": n,
        "parent": draw.randrange(1, orders + 1),
        "product": draw.choice(CODES),
        "quantity": _decimal(draw, WHOLES, 0),
        "price": _decimal(draw, RATES, 4),
    }


def store_shop(connection: sa.Connection, tables: ShopTables, shop: Shop) -> None:
    """Write the records into tables that are made for them."""
    tables.metadata.create_all(connection)
    store_rows(connection, tables, shop)
    refused = {"form": "customers", "record_id": 1, "channel": "sms", "granted": False}
    connection.execute(tables.consent.insert(), [{**refused, "purpose": "research"}])


def store_rows(connection: sa.Connection, tables: ShopTables, shop: Shop) -> None:
    """Add the records to tables that are there."""
    for key, table in tables.forms.items():
        stored = [_stored(table, row) for row in shop.rows.get(key, ())]
        _insert(connection, table, stored)
    for (form, field), table in tables.sides.items():
        pairs = [
            {"record": row["id"], "value": word} for row in shop.rows[form] for word in row[field]
        ]
        _insert(connection, table, pairs)
    granted = [
        dict(zip(("form", "record_id", "purpose", "channel"), each, strict=True), granted=True)
        for each in shop.agreed
    ]
    _insert(connection, tables.consent, granted)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _stored(table: sa.Table, row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name in table.c}
    folded = {
        f"{name}__ci": None if row[name] is None else row[name].casefold()
        for name in row
        if f"{name}__ci" in table.c
    }
    return {**kept, **folded}


@dataclass(frozen=True)
class World:
    """One shop in one database and in Python."""

    dialect: str
    connection: sa.Connection
    shapes: Shapes
    tables: ShopTables
    shop: Shop


@pytest.fixture(scope="session")
def shop_shapes() -> Shapes:
    """The shapes of the shop."""
    return make_shapes()


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest, shop_shapes: Shapes) -> Iterator[list[World]]:
    """The shop on every database of this run."""
    with _built(request, shop_shapes, make_shop(2024)) as made:
        yield made


@pytest.fixture(scope="session")
def larger_worlds(request: pytest.FixtureRequest, shop_shapes: Shapes) -> Iterator[list[World]]:
    """Another shop with more records, for the long runs."""
    shop = make_shop(77, customers=50, orders=150, items=300)
    with _built(request, shop_shapes, shop) as made:
        yield made


@pytest.fixture(scope="session")
def crowded_worlds(request: pytest.FixtureRequest, shop_shapes: Shapes) -> Iterator[list[World]]:
    """A shop of few customers, one of whom has bought hundreds of times."""
    shop = make_shop(9, customers=6, orders=900, items=200)
    with _built(request, shop_shapes, shop) as made:
        yield made


@contextmanager
def _built(request: pytest.FixtureRequest, shapes: Shapes, shop: Shop) -> Iterator[list[World]]:
    tables = ShopTables()
    made = []
    for name in chosen_databases(request.config):
        engine = sqlite_engine() if name == "sqlite" else _postgres_engine(request)
        connection = engine.connect()
        store_shop(connection, tables, shop)
        made.append(World(name, connection, shapes, tables, shop))
    yield made
    for world in made:
        world.connection.rollback()
        world.connection.close()
        world.connection.engine.dispose()


def sqlite_engine() -> sa.Engine:
    """An empty store in memory that knows our functions."""
    engine = sa.create_engine("sqlite://", query_cache_size=200)

    @sa.event.listens_for(engine, "connect")
    def install(connection: Any, _record: Any) -> None:
        sqlite_functions.install(connection)

    return engine


def _postgres_engine(request: pytest.FixtureRequest) -> sa.Engine:
    socket = request.getfixturevalue("postgres")
    folder = request.getfixturevalue("tmp_path_factory").getbasetemp().name.replace("-", "_")
    name = f"shop_{folder}_{next(_number)}"
    where = f"host={socket} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return sa.create_engine(f"postgresql+psycopg://postgres@/{name}?host={socket}")
