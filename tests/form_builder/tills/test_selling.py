"""A sale at the till: all of it or nothing, once per key, and a coupon once whoever is first."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import delete_record, find_records, get_record
from regulars.form_builder.tills.definition import Till
from regulars.form_builder.tills.selling import OfferTaken, Sold, Wish, record_sale
from regulars.form_builder.tills.tables import REMEMBERED, KnownSales, till_sale
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.retrying import in_transaction
from tests.support.till_shop import make, open_till, put_till

ACCESS = system_access("en")
KEY = "sale-0123456789abcdef"


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Iterator[Workspace]:
    with database.workspace_tx(workspace) as uow:
        open_till(uow)
        ann = make(uow, "customers", name="Ann", mobile="13800001234", balance=5)
        make(uow, "coupons", code="TEN", customer=ann, least="50")
        make(uow, "coupons", code="OLD", customer=ann, status="used")
    return workspace


def till_of(uow: UnitOfWork) -> Till:
    found: Till = snapshot(uow).get("till", "counter")
    return found


def rows(uow: UnitOfWork, form: str) -> list[dict[str, Any]]:
    found = find_records(uow, ACCESS, form, RecordQuery(sort=("id",))).records
    return [each.values for each in found]


def ids(uow: UnitOfWork, form: str) -> list[int]:
    return [row["id"] for row in rows(uow, form)]


def sell(database: Database, shop: Workspace, wish: Wish) -> Sold:
    """In a transaction of its own, as a request does it."""

    def work(uow: UnitOfWork) -> Sold:
        return record_sale(uow, ACCESS, till_of(uow), wish, origin=API)

    return in_transaction(database, shop, work, write=True, now=database.clock())


def test_one_request_records_the_sale_redeems_the_coupon_and_adds_points(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        [ann], coupon = ids(uow, "customers"), ids(uow, "coupons")[0]
        wish = Wish(KEY, "88.50", ann, coupon, waited=40 * 60)
        sold = record_sale(uow, ACCESS, till_of(uow), wish, origin=API)
        [sale] = rows(uow, "sales")
        [points] = rows(uow, "points")
        assert (sold.sale, sold.points, sold.repeated) == (sale["id"], "88", False)
        assert (str(sale["amount"]), sale["customer"], sale["coupon"]) == ("88.50", ann, coupon)
        assert (sale["channel"], sale["paid_at"]) == ("till", uow.now - timedelta(minutes=40))
        assert (points["customer"], points["sale"], points["why"]) == (ann, sale["id"], "bought")
        used = get_record(uow, ACCESS, "coupons", coupon)
        assert (used["status"], used["used_at"]) == ("used", uow.now)
        assert get_record(uow, ACCESS, "customers", ann)["points"] == 88


def test_the_same_key_is_recorded_once_and_answered_alike(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        wish = Wish(KEY, "60", ids(uow, "customers")[0], ids(uow, "coupons")[0])
        first = record_sale(uow, ACCESS, till_of(uow), wish, origin=API)
        late = replace(wish, waited=99)  # the answer was lost, so it is sent once more
        again = record_sale(uow, ACCESS, till_of(uow), late, origin=API)
        assert again == replace(first, repeated=True)
        assert (len(rows(uow, "sales")), len(rows(uow, "points"))) == (1, 1)
        with pytest.raises(Conflict, match="till-key-reused"):
            record_sale(uow, ACCESS, till_of(uow), replace(wish, amount="61"), origin=API)


@pytest.mark.parametrize(
    ("coupon", "amount", "refusal"),
    [(1, "60", OfferTaken), (0, "49.99", Invalid), (0, "-1", Invalid), (2, "60", OfferTaken)],
)
def test_what_does_not_count_leaves_nothing_behind(
    database: Database, shop: Workspace, coupon: int, amount: str, refusal: type[Exception]
) -> None:
    with database.workspace_tx(shop, write=False) as uow:
        offer = [*ids(uow, "coupons"), 99_999][coupon]
        wish = Wish(KEY, amount, ids(uow, "customers")[0], offer)
    with pytest.raises(refusal):
        sell(database, shop, wish)
    with database.workspace_tx(shop) as uow:
        assert (rows(uow, "sales"), rows(uow, "points")) == ([], [])
        assert rows(uow, "coupons")[0]["status"] == "open"
        assert uow.execute(till_sale.select()).first() is None


def test_a_coupon_of_somebody_else_does_not_count(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        wish = Wish(KEY, "60", make(uow, "customers", name="Bo"), ids(uow, "coupons")[0])
    with pytest.raises(OfferTaken):
        sell(database, shop, wish)


def test_a_sale_to_nobody_takes_nobodys_coupon_only(database: Database, shop: Workspace) -> None:
    with database.workspace_tx(shop) as uow:
        anns, free = ids(uow, "coupons")[0], make(uow, "coupons", code="FREE")
    with pytest.raises(OfferTaken):
        sell(database, shop, Wish(KEY, "60", None, anns))
    assert sell(database, shop, Wish(KEY, "60", None, free)).sale is not None


def race(database: Database, shop: Workspace, wishes: list[Wish]) -> list[str]:
    """Each wish in a thread of its own, all at the same moment; how each ended."""
    ends: list[str] = []
    start = threading.Barrier(len(wishes))

    def hand_in(wish: Wish) -> None:
        start.wait(30)
        try:
            sell(database, shop, wish)
            ends.append("sold")
        except OfferTaken:
            ends.append("taken")

    threads = [threading.Thread(target=hand_in, args=(wish,)) for wish in wishes]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return sorted(ends)


def test_two_tills_at_the_same_moment_redeem_a_coupon_once(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop, write=False) as uow:
        ann, coupon = ids(uow, "customers")[0], ids(uow, "coupons")[0]
    wishes = [Wish(f"{KEY}-{n}", "60", ann, coupon) for n in range(4)]
    assert race(database, shop, wishes) == ["sold", "taken", "taken", "taken"]
    with database.workspace_tx(shop, write=False) as uow:
        assert (len(rows(uow, "sales")), len(rows(uow, "points"))) == (1, 1)


def test_twins_of_one_sale_at_the_same_moment_are_recorded_once(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop, write=False) as uow:
        wish = Wish(KEY, "60", ids(uow, "customers")[0], ids(uow, "coupons")[0])
    assert race(database, shop, [wish] * 4) == ["sold"] * 4
    with database.workspace_tx(shop, write=False) as uow:
        assert (len(rows(uow, "sales")), len(rows(uow, "points"))) == (1, 1)


def test_points_may_be_added_to_a_number_of_the_person(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        till = put_till(uow, points={"field": "balance", "formula": "FLOOR(amount / 10)"})
        [ann] = ids(uow, "customers")
        for n, amount in enumerate(("99.99", "9.99", "20")):
            record_sale(uow, ACCESS, till, Wish(f"{KEY}{n}", amount, ann), origin=API)
        assert get_record(uow, ACCESS, "customers", ann)["balance"] == 5 + 9 + 0 + 2


def test_an_amount_may_be_a_column_of_the_sales_rows(database: Database, shop: Workspace) -> None:
    sale = {"form": "orders", "via": "customer", "amount": "items.quantity"}
    with database.workspace_tx(shop) as uow:
        till = put_till(uow, sale=sale, offer=None, points=None)
        sold = record_sale(uow, ACCESS, till, Wish(KEY, "3", ids(uow, "customers")[0]), origin=API)
        assert sold.sale is not None
        [row] = get_record(uow, ACCESS, "orders", sold.sale)["items"]
        assert row["quantity"] == 3


def test_a_sale_that_waited_counts_for_who_the_person_is_today(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        [ann], double = ids(uow, "customers"), make(uow, "customers", name="Ann again")
        merge_people(uow, ACCESS, MergeWish("customers", keep=ann, drop=double))
        record_sale(uow, ACCESS, till_of(uow), Wish(KEY, "60", double), origin=API)
        assert rows(uow, "sales")[0]["customer"] == ann
        with pytest.raises(NotFound):
            record_sale(uow, ACCESS, till_of(uow), Wish(f"{KEY}2", "60", 99_999), origin=API)


def test_a_sale_that_waited_too_long_is_for_people_to_decide(
    database: Database, shop: Workspace
) -> None:
    with pytest.raises(Invalid) as refused:
        sell(database, shop, Wish(KEY, "60", waited=31 * 24 * 3600))
    assert [problem.code for problem in refused.value.problems] == ["till-too-late"]


def test_who_may_not_record_sales_records_none(database: Database, shop: Workspace) -> None:
    nobody = Access(1, "Guest", "guest", "en")
    with database.workspace_tx(shop) as uow:
        till = till_of(uow)
        with pytest.raises(Forbidden):
            record_sale(uow, nobody, till, Wish(KEY, "60"), origin=API)


def test_keys_are_known_longer_than_any_device_waits_and_then_forgotten(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        sold = record_sale(uow, ACCESS, till_of(uow), Wish(KEY, "60"), origin=API)
        assert sold.points is None  # nobody to give them to
        delete_record(uow, ACCESS, "sales", sold.sale or 0, origin=API)
        later = uow.now + REMEMBERED + timedelta(seconds=1)
    known = KnownSales(database)
    assert not known.is_due(later - timedelta(seconds=2))
    assert known.is_due(later)
    known.forget(later)
    assert not known.is_due(later)
