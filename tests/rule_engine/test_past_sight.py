"""What lay around a record at an earlier instant: several links and rows, as they stood then."""

from datetime import datetime
from typing import Any

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, delete_record, restore_record
from regulars.rule_engine.past_sight import PastRecords
from regulars.rule_engine.simulating.aside import Shelf
from tests.support.clocks import MovableClock
from tests.support.rule_shop import CUSTOMERS, ORDERS, SYSTEM, RuleShop

VISITS: dict[str, Any] = {
    "kind": "form", "key": "visits", "label": "Visits",
    "fields": [
        {"key": "guests", "type": "links", "to": "customers"},
        {"key": "dishes", "type": "subform", "label": "Dishes", "fields": [
            {"key": "n", "type": "number"}, {"key": "cook", "type": "link", "to": "customers"},
        ]},
    ],
}  # fmt: skip
GUESTS = {
    **CUSTOMERS,
    "fields": [
        *CUSTOMERS["fields"],
        {"key": "visits", "type": "related", "from": "visits", "via": "guests"},
        {"key": "visit_count", "type": "rollup", "of": "visits", "aggregate": "count"},
    ],
}


def seen(shop: RuleShop, form: str, record: int, at: datetime, *formulas: str) -> list[Any]:
    """What formulas gave for a record at an instant; None for each when it was not there."""
    with shop.work() as uow:
        catalog = catalog_of(uow)
        records = PastRecords(uow, catalog, at)
        row = records.linked(form, record)
        if row is None:
            return [None for _ in formulas]
        context = expressing.context(uow, None, records)
        return [catalog.closure(catalog.formula(form, each))(row, context) for each in formulas]


def open_table(shop: RuleShop) -> tuple[int, int]:
    shop.publish(GUESTS, ORDERS, VISITS)
    return shop.customer(name="Ann"), shop.customer(name="Bob")


def visit(shop: RuleShop, **values: Any) -> int:
    with shop.work() as uow:
        return create_record(uow, SYSTEM, "visits", values, origin=Origin("cli")).id


def counts(shop: RuleShop, *people: int) -> list[Any]:
    return [shop.read("customers", each)["visit_count"] for each in people]


def test_several_links_are_those_of_then_from_both_sides(
    shop: RuleShop, clock: MovableClock
) -> None:
    ann, bob = open_table(shop)
    moments = [clock()]
    clock.forward(days=1)
    table = visit(shop, guests=[ann])
    for guests in ([ann, bob], [bob], []):
        moments.append(clock())
        clock.forward(days=1)
        shop.change("visits", table, guests=guests)
    moments.append(clock())
    both = ("COUNT(visits)", "visit_count")
    assert [seen(shop, "customers", ann, at, *both) for at in moments] == [
        [0, 0], [1, 1], [1, 1], [0, 0], [0, 0]
    ]  # fmt: skip
    assert [seen(shop, "customers", bob, at, *both) for at in moments] == [
        [0, 0], [0, 0], [1, 1], [1, 1], [0, 0]
    ]  # fmt: skip
    named = ("COUNT(guests)", 'COUNT(guests, WHERE name = "Bob")')
    assert [seen(shop, "visits", table, at, *named) for at in moments] == [
        [None, None], [1, 0], [2, 1], [1, 1], [0, 0]
    ]  # fmt: skip


def test_the_rows_of_a_record_are_those_of_then(shop: RuleShop, clock: MovableClock) -> None:
    ann, _bob = open_table(shop)
    table = visit(shop, dishes=[{"n": 1, "cook": ann}, {"n": 2}])
    first = clock()
    clock.forward(days=1)
    shop.change("visits", table, dishes=[{"n": 40}])
    asked = ("SUM(dishes, n)", "COUNT(dishes)", 'COUNT(dishes, WHERE cook.name = "Ann")')
    assert seen(shop, "visits", table, first, *asked) == [3, 2, 1]
    assert seen(shop, "visits", table, clock(), *asked) == [40, 1, 0]


def test_sums_over_several_links_follow_a_record_set_aside(shop: RuleShop) -> None:
    ann, bob = open_table(shop)
    table = visit(shop, guests=[ann])
    assert counts(shop, ann, bob) == [1, 0]
    turn = {"guests": [[{"record": ann}], [{"record": bob}]]}
    with shop.work() as uow:
        shelf = Shelf(uow, catalog_of(uow))
        assert shelf.change("visits", table, turn, 1)
    assert counts(shop, ann, bob) == [0, 1]
    with shop.work() as uow:
        shelf = Shelf(uow, catalog_of(uow))
        kept = shelf.take_out("visits", [table])
    assert counts(shop, ann, bob) == [0, 0]
    with shop.work() as uow:
        Shelf(uow, catalog_of(uow)).put_back(kept)
    assert counts(shop, ann, bob) == [0, 1]


def test_what_was_deleted_since_was_there_then(shop: RuleShop, clock: MovableClock) -> None:
    ann, bob = open_table(shop)
    table = visit(shop, guests=[ann], dishes=[{"n": 1}])
    order = shop.order(ann, at=clock())
    moments = [clock()]
    clock.forward(days=1)
    shop.change("visits", table, guests=[ann, bob], dishes=[{"n": 5}])
    shop.change("orders", order, amount="30")
    moments.append(clock())
    clock.forward(days=1)
    shop.delete("visits", table)
    shop.delete("orders", order)
    moments.append(clock())
    asked = ("COUNT(visits)", "visit_count", "SUM(orders, amount)", "total_spend")
    assert [seen(shop, "customers", ann, at, *asked) for at in moments] == [
        [1, 1, 100, 100], [1, 1, 30, 30], [0, 0, 0, 0]
    ]  # fmt: skip
    about = ("COUNT(guests)", "SUM(dishes, n)")
    assert [seen(shop, "visits", table, at, *about) for at in moments] == [
        [1, 1], [2, 5], [None, None]
    ]  # fmt: skip
    assert seen(shop, "customers", bob, moments[1], *asked[:1]) == [1]


def test_what_was_deleted_and_came_back_was_away_in_between(
    shop: RuleShop, clock: MovableClock
) -> None:
    ann, _bob = open_table(shop)
    table = visit(shop, guests=[ann])
    moments = [clock()]
    for turn in (delete_record, restore_record, delete_record):
        clock.forward(days=1)
        with shop.work() as uow:
            turn(uow, SYSTEM, "visits", table, origin=Origin("cli"))
        moments.append(clock())
    counted = [seen(shop, "customers", ann, at, "COUNT(visits)") for at in moments]
    assert counted == [[1], [0], [1], [0]]
