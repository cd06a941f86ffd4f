"""One order stored with the bare driver: the least there is, and all that the product promises.

The *bare* one writes the row, its history line, its event and its customer's sums from values that
are ready. The *whole* one does by hand what a save means: it reads the input, looks whether the
definitions are still the same and the customer is there, takes a number, writes the four, reads
the order back with its customer's name and makes the answer. Both in one transaction each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from regulars.platform.clock import utc_now
from regulars.platform.db import Database, Workspace

Turn = Callable[[int], Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FREE = 10**9  # ids from here on are the benchmark's own
ORDER = (
    "INSERT INTO f_orders (id, version, created_at, updated_at, form_version, customer, paid_at, "
    "status, amount, note, note__ci) VALUES (?, 1, ?, ?, 1, ?, ?, ?, ?, ?, ?)"
)
HISTORY = (
    "INSERT INTO history (form, record, version, action, changes, actor, actor_name, origin, at) "
    "VALUES ('orders', ?, 1, 'created', ?, 'system', 'Regulars', 'api', ?)"
)
EVENT = (
    "INSERT INTO event (kind, form, record, changes, actor, chain, historic, at) "
    "VALUES ('record_created', 'orders', ?, ?, 'system', '[]', ?, ?)"
)
SUMS = (
    "UPDATE f_customers SET order_count = order_count + 1, spent = spent + ?, "
    "dearest = CASE WHEN dearest >= ? THEN dearest ELSE ? END, "
    "last_at = CASE WHEN last_at >= ? THEN last_at ELSE ? END, "
    "first_at = CASE WHEN first_at <= ? THEN first_at ELSE ? END WHERE id = ?"
)
SAME = "SELECT value FROM workspace_counter WHERE name = 'definitions'"
HELD = "SELECT pg_advisory_xact_lock_shared(4711)"
CUSTOMER = "SELECT id FROM f_customers WHERE id = ?"
NUMBER = (
    "UPDATE workspace_counter SET value = value + 1 WHERE name = 'id:f_orders' RETURNING value"
)
NEXT = "SELECT nextval('f_orders_id_seq')"
BACK = (
    "SELECT o.id, o.version, o.created_at, o.updated_at, o.form_version, o.customer, o.paid_at, "
    "o.status, o.amount, o.note, c.name FROM f_orders o JOIN f_customers c ON c.id = o.customer "
    "WHERE o.id = ?"
)
GONE = "DELETE FROM f_orders WHERE id >= ?"


@contextmanager
def hands(database: Database, place: Workspace) -> Iterator[tuple[Turn, Turn]]:
    """What stores order number so and so: bare, and whole."""
    with database.outside_transactions(place) as connection:
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        if database.is_sqlite:
            cursor.execute("ROLLBACK")
        hand = _Hand(cursor, place.store, is_sqlite=database.is_sqlite)
        yield hand.bare, hand.whole
        hand.begin()
        hand.run(GONE, FREE)
        cursor.execute("COMMIT")
        if database.is_sqlite:
            cursor.execute("BEGIN")


class _Hand:
    def __init__(self, cursor: Any, store: str, *, is_sqlite: bool) -> None:
        self.cursor = cursor
        self.is_sqlite = is_sqlite
        self.begins = "BEGIN IMMEDIATE"
        if not is_sqlite:
            self.begins = f"BEGIN; SET LOCAL search_path TO {store}"
        now = self.instant(utc_now())
        changes = json.dumps({"customer": [None, 1], "amount": [None, "1.50"]})
        self.ready = (
            (ORDER, (now, now, 1, now, "paid", 150, "order", "order")),
            (HISTORY, (changes, now)),
            (EVENT, (changes, self.flag(False), now)),
        )
        self.sums = (150, 150, 150, now, now, now, now, 1)

    def instant(self, value: datetime) -> Any:
        """As the store keeps it."""
        return (value - EPOCH) // timedelta(microseconds=1) if self.is_sqlite else value

    def flag(self, value: bool) -> Any:
        """As the store keeps it."""
        return int(value) if self.is_sqlite else value

    def run(self, text: str, *values: Any) -> Any:
        """One statement; its cursor."""
        return self.cursor.execute(text if self.is_sqlite else text.replace("?", "%s"), values)

    def begin(self) -> None:
        """A transaction of this store."""
        self.cursor.execute(self.begins)

    def bare(self, turn: int) -> None:
        """Four writes of values that are ready."""
        self.begin()
        for text, values in self.ready:
            self.run(text, FREE + turn, *values)
        self.run(SUMS, *self.sums)
        self.cursor.execute("COMMIT")

    def whole(self, turn: int) -> str:
        """Everything a save means; the answer."""
        given = json.loads(_asked(turn))
        amount, at = Decimal(given["amount"]), utc_now()
        if amount != round(amount, 2) or amount < 0:
            raise SystemExit("The amount is wrong.")
        self.begin()
        self.run(SAME).fetchone()
        if not self.is_sqlite:
            self.run(HELD).fetchone()
        if self.run(CUSTOMER, given["customer"]).fetchone() is None:
            raise SystemExit("Nobody is there.")
        number = self.run(NUMBER if self.is_sqlite else NEXT).fetchone()[0] + 2 * FREE
        self._write(number, given, int(amount.scaleb(2)), self.instant(at), at.isoformat())
        found = self.run(BACK, number).fetchone()
        self.cursor.execute("COMMIT")
        return json.dumps(self._shown(found))

    def _write(
        self, number: int, given: Mapping[str, Any], cents: int, at: Any, told: str
    ) -> None:
        customer, note = given["customer"], given["note"]
        changes = json.dumps({
            "customer": [None, customer], "amount": [None, given["amount"]], "note": [None, note],
            "status": [None, "paid"], "paid_at": [None, told],
        })  # fmt: skip
        row = (number, at, at, customer, at, "paid", cents, note, note.casefold())
        self.run(ORDER, *row)
        self.run(HISTORY, number, changes, at)
        self.run(EVENT, number, changes, self.flag(False), at)
        self.run(SUMS, cents, cents, cents, at, at, at, at, customer)

    def _shown(self, row: Any) -> dict[str, Any]:
        at = row[2]
        if self.is_sqlite:
            at = EPOCH + timedelta(microseconds=at)
        return {
            "id": row[0], "version": row[1], "created_at": at.isoformat(), "form_version": row[4],
            "customer": {"id": row[5], "title": row[10]}, "status": row[7],
            "amount": str(Decimal(row[8]).scaleb(-2)), "note": row[9],
        }  # fmt: skip


def _asked(turn: int) -> str:
    return json.dumps({
        "customer": turn % 2000 + 1, "amount": f"{turn % 900 + 1}.50", "note": f"order {turn}",
    })  # fmt: skip
