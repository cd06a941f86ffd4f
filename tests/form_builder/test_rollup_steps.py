"""Sums that follow single records: right after every kind of change, however many others wait."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder import records, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.rollup_steps import steps_over
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.retrying import in_transaction
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")
START = datetime(2026, 3, 1, tzinfo=UTC)
MOST = Decimal("92233720368547758.07")  # what fits into a column of money


def rollup(key: str, aggregate: str, field: str = "", **more: Any) -> dict[str, Any]:
    named = {"field": field} if field else {}
    return {"key": key, "type": "rollup", "of": "orders", "aggregate": aggregate, **named, **more}


PAID = {"field": "status", "op": "is", "value": "paid"}
DEAR = {"any": [{"field": "amount", "op": "gt", "value": 50}, {"field": "note", "op": "is_empty"}]}
CUSTOMERS: dict[str, Any] = {
    "kind": "form", "key": "customers", "label": "Customers",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "orders", "type": "related", "from": "orders", "via": "customer"},
        rollup("n", "count"),
        rollup("n_paid", "count", where=PAID),
        rollup("n_dear", "count", where=DEAR),
        rollup("spent", "sum", "amount", result="money"),
        rollup("paid", "sum", "amount", result="money", where=PAID),
        rollup("round", "sum", "amount"),
        rollup("mean", "avg", "amount", result="money"),
        rollup("dearest", "max", "amount", result="money"),
        rollup("last", "max", "paid_at", result="datetime", where=PAID),
        rollup("first_day", "min", "day", result="date"),
        rollup("double", "sum", "twice", result="money"),
        rollup("lines", "sum", "n_items"),
    ],
}  # fmt: skip
ORDERS: dict[str, Any] = {
    "kind": "form", "key": "orders", "label": "Orders",
    "fields": [
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "status", "type": "choice", "options": [{"value": "paid"}, {"value": "back"}]},
        {"key": "amount", "type": "money"},
        {"key": "paid_at", "type": "datetime"},
        {"key": "day", "type": "date"},
        {"key": "note", "type": "text"},
        {"key": "twice", "type": "formula", "formula": "amount * 2", "result": "money"},
        {"key": "items", "type": "subform", "fields": [{"key": "pieces", "type": "number"}]},
        {"key": "n_items", "type": "rollup", "of": "items", "aggregate": "count"},
    ],
}  # fmt: skip
FOLLOW = {"n", "n_paid", "n_dear", "spent", "paid", "dearest", "last", "first_day"}


def make(uow: UnitOfWork, form: str, **values: Any) -> int:
    return records.create_record(uow, OWNER, form, values, origin=API).id


def change(uow: UnitOfWork, record: int, **values: Any) -> None:
    records.update_record(uow, OWNER, "orders", record, values, origin=API)


def kept(uow: UnitOfWork, customer: int, *keys: str) -> list[Any]:
    found = records.get_record(uow, OWNER, "customers", customer)
    return [found[key] if found[key] is None else str(found[key]) for key in keys]


def sound(uow: UnitOfWork) -> None:
    """Every kept value is what the orders say."""
    assert verifying.look_at_all(uow, catalog_of(uow), "customers") == []


@pytest.fixture
def shop(uow: UnitOfWork) -> list[int]:
    publish_forms(uow, [CUSTOMERS, ORDERS])
    return [make(uow, "customers", name=name) for name in ("Ann", "Ben")]


def drawn(dice: random.Random, customers: list[int]) -> dict[str, Any]:
    """The values of an order, some of them missing."""
    every = {
        "customer": dice.choice(customers),
        "status": dice.choice(["paid", "back"]),
        "amount": f"{dice.randrange(-20, 120)}.{dice.randrange(100):02d}",
        "paid_at": (START + timedelta(hours=dice.randrange(500))).isoformat(),
        "day": (START + timedelta(days=dice.randrange(50))).date().isoformat(),
        "note": dice.choice(["", "gift"]),
    }
    return {key: None if dice.random() < 0.2 else value for key, value in every.items()}


def turn(dice: random.Random, customers: list[int], orders: list[int]) -> Callable[..., Any]:
    """One thing that happens to orders."""
    kind = dice.choice(["make", "make", "change", "change", "batch", "delete", "restore"])
    values, order = drawn(dice, customers), dice.choice(orders)
    some = dict(dice.sample(sorted(values.items()), 2))
    if kind == "make":
        return lambda uow: orders.append(make(uow, "orders", **values))
    if kind == "change":
        return lambda uow: change(uow, order, **some)
    if kind == "batch":
        rows = [{"id": each, **some} for each in dice.sample(orders, min(3, len(orders)))]
        rows += [drawn(dice, customers) for _ in range(3)]
        return lambda uow: records.write_batch(
            uow, OWNER, "orders", rows, origin=API, mode="upsert"
        )
    do = records.delete_record if kind == "delete" else records.restore_record
    return lambda uow: do(uow, OWNER, "orders", order, origin=API)


@pytest.mark.parametrize("seed", range(2))
def test_sums_are_right_after_every_change(uow: UnitOfWork, shop: list[int], seed: int) -> None:
    dice = random.Random(seed)
    orders = [make(uow, "orders", **drawn(dice, shop))]
    for _ in range(25):
        with suppress(NotFound, Invalid, Conflict):
            turn(dice, shop, orders)(uow)
        sound(uow)


def test_only_what_a_record_says_by_itself_is_followed(uow: UnitOfWork, shop: list[int]) -> None:
    followed = steps_over(catalog_of(uow), "orders")
    assert set(followed) == {("customers", key) for key in FOLLOW}


def test_one_more_record_does_not_read_the_others(uow: UnitOfWork, shop: list[int]) -> None:
    """A kept value that is wrong stays wrong by as much; the check finds and mends it."""
    table = catalog_of(uow).tables["customers"].main
    uow.execute(table.update().values(n=1000, spent=500, mean=7))
    order = make(uow, "orders", customer=shop[0], amount="10", status="paid")
    assert kept(uow, shop[0], "n", "spent", "mean") == ["1001", "510.00", "10.00"]
    change(uow, order, amount="4")
    assert kept(uow, shop[0], "n", "spent") == ["1001", "504.00"]
    change(uow, order, customer=shop[1])
    assert kept(uow, shop[0], "n", "spent") == ["1000", "500.00"]
    assert kept(uow, shop[1], "n", "spent", "dearest") == ["1001", "504.00", "4.00"]


def test_a_greatest_that_goes_away_is_looked_for_again(uow: UnitOfWork, shop: list[int]) -> None:
    ann = shop[0]
    dear = make(uow, "orders", customer=ann, amount="30", paid_at=START.isoformat())
    make(uow, "orders", customer=ann, amount="20")
    assert kept(uow, ann, "dearest") == ["30.00"]
    change(uow, dear, amount="15")
    assert kept(uow, ann, "dearest") == ["20.00"]
    records.delete_record(uow, OWNER, "orders", dear, origin=API)
    assert kept(uow, ann, "dearest", "n") == ["20.00", "1"]


@pytest.mark.parametrize("known", [None, MOST, -MOST])
def test_what_could_not_be_added_to_is_worked_out(
    uow: UnitOfWork, shop: list[int], known: Decimal | None
) -> None:
    """Nothing kept yet, or so much that one more would not fit: the orders say what is right."""
    ann = shop[0]
    make(uow, "orders", customer=ann, amount="5")
    table = catalog_of(uow).tables["customers"].main
    uow.execute(table.update().where(table.c.id == ann).values(spent=known))
    make(uow, "orders", customer=ann, amount="7")
    assert kept(uow, ann, "spent") == ["12.00"]
    make(uow, "orders", customer=ann, amount="9999999999999.99")
    assert kept(uow, ann, "spent") == ["10000000000011.99"]
    sound(uow)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_sums_stay_right_while_everybody_sells_to_the_same_people(
    database: Database, workspace: Workspace, seed: int
) -> None:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [CUSTOMERS, ORDERS])
        customers = [make(uow, "customers", name=name) for name in ("Ann", "Ben")]
        orders = [make(uow, "orders", customer=each, amount="1") for each in customers]
    start = threading.Barrier(4)

    def clerk(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        start.wait(30)
        for _ in range(10):
            with suppress(NotFound, Invalid, Conflict):
                in_transaction(database, workspace, turn(dice, customers, orders))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clerk, range(4)))
    with database.workspace_tx(workspace) as uow:
        sound(uow)
