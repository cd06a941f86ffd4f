"""The one write path: what a save checks, computes, stores, tells and rolls up."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.history import history_of
from regulars.form_builder.locks import Lock
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record, RecordQuery
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound, VersionConflict
from regulars.platform.events import event
from tests.support.shop_forms import publish_forms

PAGE = Origin("page")


@pytest.fixture
def access() -> Access:
    return system_access("en")


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow)
    return uow


def customer(uow: UnitOfWork, access: Access, **values: Any) -> Record:
    return records.create_record(uow, access, "customers", {"name": "王芳", **values}, origin=PAGE)


def order(
    uow: UnitOfWork, access: Access, who: int, *lines: tuple[int, str], **values: Any
) -> Record:
    items = [{"quantity": quantity, "price": price} for quantity, price in lines]
    body = {"customer": who, "items": items, **values}
    return records.create_record(uow, access, "orders", body, origin=PAGE)


def test_a_new_record_has_its_defaults_and_its_folded_text(
    shop: UnitOfWork, access: Access
) -> None:
    made = customer(
        shop, access, mobile="138 0013 8000", email="A@Example.COM", tags=["vip", "tea"]
    )
    assert made["mobile"] == "+8613800138000"
    assert made["email"] == "A@example.com"
    assert made["tier"] == "basic"
    assert made["tags"] == frozenset({"vip", "tea"})
    assert made["order_count"] == 0
    assert made["total_spend"] == Decimal("0")
    assert made["average"] is None
    assert made.title == "王芳"
    assert made.version == 1


def test_every_problem_of_a_row_comes_at_once(shop: UnitOfWork, access: Access) -> None:
    wrong = {"mobile": "12", "email": "nobody", "birthday": "31.12.", "tier": "gold", "colour": 1}
    with pytest.raises(Invalid) as caught:
        records.create_record(shop, access, "customers", wrong, origin=PAGE)
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("name", "required"),
        ("mobile", "not-a-phone"),
        ("email", "not-an-email"),
        ("birthday", "not-a-date"),
        ("tier", "not-an-option"),
        ("colour", "unknown-field"),
    }
    assert shop.scalar(sa.select(sa.func.count()).select_from(event)) == 0


def test_rollups_follow_orders_through_create_change_move_and_delete(
    shop: UnitOfWork, access: Access
) -> None:
    one, two = customer(shop, access), customer(shop, access, name="李雷")
    first = order(shop, access, one.id, (2, "9.9950"), (1, "0.0150"))
    assert first["amount"] == Decimal("20.01")  # 19.9900 + 0.0150, kept to two places
    assert records.get_record(shop, access, "customers", one.id)["total_spend"] == Decimal("20.01")
    second = order(shop, access, one.id, (1, "10"))
    after = records.get_record(shop, access, "customers", one.id)
    assert (after["order_count"], after["total_spend"]) == (2, Decimal("30.01"))
    assert after["average"] == Decimal("15.01")  # 15.005, half away from nought
    records.update_record(
        shop, access, "orders", second.id, {"items": [{"quantity": 3, "price": "10"}]}, origin=PAGE
    )
    assert records.get_record(shop, access, "customers", one.id)["total_spend"] == Decimal("50.01")
    records.update_record(shop, access, "orders", second.id, {"customer": two.id}, origin=PAGE)
    assert records.get_record(shop, access, "customers", one.id)["order_count"] == 1
    assert records.get_record(shop, access, "customers", two.id)["total_spend"] == Decimal("30.00")
    records.update_record(shop, access, "orders", second.id, {"status": "refunded"}, origin=PAGE)
    assert records.get_record(shop, access, "customers", two.id)["total_spend"] == Decimal("0.00")
    records.delete_record(shop, access, "orders", first.id, origin=PAGE)
    empty = records.get_record(shop, access, "customers", one.id)
    assert (empty["order_count"], empty["last_order_at"]) == (0, None)
    records.restore_record(shop, access, "orders", first.id, origin=PAGE)
    assert records.get_record(shop, access, "customers", one.id)["total_spend"] == Decimal("20.01")


def test_a_change_is_told_once_and_a_save_without_change_is_silent(
    shop: UnitOfWork, access: Access
) -> None:
    made = customer(shop, access, tags=["tea"])
    changed = records.update_record(
        shop, access, "customers", made.id, {"tier": "diamond", "name": "王芳"}, origin=PAGE
    )
    same = records.update_record(
        shop, access, "customers", made.id, {"tier": "diamond", "tags": ["tea"]}, origin=PAGE
    )
    assert (changed.version, same.version) == (2, 2)
    told = shop.execute(sa.select(event.c.kind, event.c.changes).order_by(event.c.id)).all()
    assert [row.kind for row in told] == ["record_created", "record_updated"]
    assert told[1].changes == {"tier": ["basic", "diamond"]}
    assert [entry.action for entry in history_of(shop, "customers", made.id)] == [
        "updated",
        "created",
    ]


def test_a_historic_write_is_born_processed(shop: UnitOfWork, access: Access) -> None:
    past = Origin("import", automation="none", at=datetime(2020, 1, 1, tzinfo=UTC))
    records.create_record(shop, access, "customers", {"name": "旧"}, origin=past)
    row = shop.execute(event.select()).one()
    assert row.historic
    assert row.processed_at is not None
    assert row.at == past.at


def test_unique_counts_spelling_once_and_says_so(shop: UnitOfWork, access: Access) -> None:
    customer(shop, access, mobile="13800138000")
    with pytest.raises(Invalid) as caught:
        customer(shop, access, mobile="+86 138 0013 8000")
    assert [(p.path, p.code) for p in caught.value.problems] == [("mobile", "not-unique")]


def test_a_link_may_be_written_by_unique_key(shop: UnitOfWork, access: Access) -> None:
    who = customer(shop, access, mobile="13800138000")
    made = records.create_record(
        shop, access, "orders", {"customer": {"mobile": "138-0013-8000"}}, origin=PAGE
    )
    assert made["customer"] == who.id
    assert made["order_no"].startswith("SO")
    assert made.title.endswith("王芳")
    assert made["tier"] == "basic"
    with pytest.raises(Invalid) as caught:
        records.create_record(shop, access, "orders", {"customer": {"name": "x"}}, origin=PAGE)
    assert caught.value.problems[0].code == "link-key-not-unique"


def test_a_check_of_the_form_sees_rows_that_are_not_stored_yet(
    shop: UnitOfWork, access: Access
) -> None:
    who = customer(shop, access)
    with pytest.raises(Invalid) as caught:
        order(shop, access, who.id, (1, "1"), (-1, "1"))
    assert [(p.path, p.code) for p in caught.value.problems] == [("items", "check-failed")]
    assert caught.value.problems[0].message("zh-Hans") == "数量不能为负。"


def test_problems_of_rows_name_their_place(shop: UnitOfWork, access: Access) -> None:
    who = customer(shop, access)
    body = {
        "customer": who.id,
        "items": [{"quantity": 1}, {"price": "x"}, {"quantity": 1, "product": 99}],
    }
    with pytest.raises(Invalid) as caught:
        records.create_record(shop, access, "orders", body, origin=PAGE)
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("items/1/price", "not-a-number"),
        ("items/1/quantity", "required"),
        ("items/2/product", "link-not-found"),
    }


def test_a_record_that_others_point_to_stays(shop: UnitOfWork, access: Access) -> None:
    who = customer(shop, access)
    order(shop, access, who.id)
    with pytest.raises(Conflict) as caught:
        records.delete_record(shop, access, "customers", who.id, origin=PAGE)
    assert caught.value.code == "still-linked"


def test_two_who_edit_the_same_record_do_not_overwrite_each_other(
    shop: UnitOfWork, access: Access
) -> None:
    made = customer(shop, access)
    records.update_record(shop, access, "customers", made.id, {"name": "甲"}, origin=PAGE)
    with pytest.raises(VersionConflict):
        records.update_record(
            shop, access, "customers", made.id, {"name": "乙"}, origin=PAGE, expected_version=1
        )
    with pytest.raises(NotFound):
        records.update_record(shop, access, "customers", 999, {"name": "乙"}, origin=PAGE)


def test_a_batch_takes_the_sound_rows_and_names_the_others(
    shop: UnitOfWork, access: Access
) -> None:
    customer(shop, access, mobile="13800138000")
    rows = [
        {"name": "新", "mobile": "13900139000"},
        {"name": "王芳芳", "mobile": "13800138000"},
        {"mobile": "13700137000"},
        {"name": "王芳芳", "mobile": "13800138000"},
    ]
    done = records.write_batch(
        shop, access, "customers", rows, origin=Origin("api"), mode="upsert", key="mobile"
    )
    assert [row.status for row in done.results][:3] == ["created", "updated", "refused"]
    assert done.results[2].problems[0].path == "name"
    again = records.write_batch(
        shop, access, "customers", rows[:1], origin=Origin("api"), mode="upsert", key="mobile"
    )
    assert again.results[0].status == "unchanged"
    with pytest.raises(Invalid):
        records.write_batch(shop, access, "customers", rows, origin=PAGE, atomic=True)


def test_two_rows_about_one_record_are_taken_one_after_the_other(
    shop: UnitOfWork, access: Access
) -> None:
    who = customer(shop, access).id
    bought = order(shop, access, who, (1, "2"))
    rows = [
        {"id": bought.id, "status": status, "items": [{"quantity": n, "price": "2"}]}
        for n, status in ((2, "refunded"), (3, "paid"))
    ]
    done = records.write_batch(shop, access, "orders", rows, origin=Origin("api"), mode="update")
    assert [row.status for row in done.results] == ["updated", "updated"]
    kept = records.get_record(shop, access, "orders", bought.id)
    assert (kept.values["status"], kept.version) == ("paid", 3)
    assert [row["quantity"] for row in kept.values["items"]] == [3]
    told = [each.changes["status"] for each in history_of(shop, "orders", bought.id)[:2]]
    assert told == [["refunded", "paid"], ["paid", "refunded"]]
    spent = records.get_record(shop, access, "customers", who).values["total_spend"]
    assert spent == Decimal(6)


def test_of_two_rows_about_one_record_none_is_kept_when_the_second_is_wrong(
    shop: UnitOfWork, access: Access
) -> None:
    who = customer(shop, access).id
    rows = [
        {"id": who, "name": "b"},
        {"id": who, "name": "c", "email": "x"},
        {"id": who, "name": ""},
    ]
    with pytest.raises(Invalid) as refused:
        records.write_batch(
            shop, access, "customers", rows, origin=Origin("api"), mode="update", atomic=True
        )
    assert {each.path for each in refused.value.problems} == {"1/email", "2/name"}
    kept = records.get_record(shop, access, "customers", who)
    assert (kept.values["name"], kept.version) == ("王芳", 1)


def test_a_list_filters_sorts_and_goes_on_where_it_stopped(
    shop: UnitOfWork, access: Access
) -> None:
    for n, name in enumerate(["Ann", "ben", "Cid", "dan", "Eve"]):
        made = customer(shop, access, name=name)
        if n % 2:
            order(shop, access, made.id, (1, f"{n}"))
    found = records.find_records(
        shop, access, "customers", RecordQuery(sort=("-total_spend", "name"), limit=2, count=True)
    )
    assert [r["name"] for r in found.records] == ["dan", "ben"]
    assert found.total == 5
    names = []
    cursor = None
    while True:
        page = records.find_records(
            shop, access, "customers", RecordQuery(sort=("last_order_at",), limit=2, cursor=cursor)
        )
        names += [r["name"] for r in page.records]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(names) == ["Ann", "Cid", "Eve", "ben", "dan"]
    buyers = {"aggregate": "count", "of": "orders", "op": "gte", "value": 1}
    found = records.find_records(shop, access, "customers", RecordQuery(filter=buyers))
    assert {r["name"] for r in found.records} == {"ben", "dan"}
    found = records.find_records(shop, access, "customers", RecordQuery(search="BEN"))
    assert [r["name"] for r in found.records] == ["ben"]


def test_what_a_rule_keeps_may_not_be_set_by_hand_but_its_default_may_stand(
    shop: UnitOfWork, access: Access
) -> None:
    shop.memo["locks"] = [
        Lock("customers", "tier", "Tiers"),
        Lock("customers", "tags", "Sleepers", "sleeping"),
    ]
    made = customer(shop, access, tags=["tea"])
    assert made["tier"] == "basic"
    with pytest.raises(Invalid) as caught:
        records.update_record(
            shop,
            access,
            "customers",
            made.id,
            {"tier": "diamond", "tags": ["sleeping"]},
            origin=PAGE,
        )
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("tier", "locked-by-rule"),
        ("tags", "locked-by-rule"),
    }
    records.update_record(shop, access, "customers", made.id, {"tags": ["coffee"]}, origin=PAGE)
    by_rule = Origin("rule", chain=("tiers",))
    changed = records.update_record(
        shop, access, "customers", made.id, {"tier": "diamond"}, origin=by_rule
    )
    assert changed["tier"] == "diamond"


def test_a_number_that_would_overflow_a_sum_is_refused(shop: UnitOfWork, access: Access) -> None:
    with pytest.raises(Invalid) as caught:
        records.create_record(
            shop, access, "products", {"sku": "x", "name": "x", "price": "10000000000000.01"},
            origin=PAGE,
        )  # fmt: skip
    assert [(p.path, p.code) for p in caught.value.problems] == [("price", "number-too-large")]
    made = records.create_record(
        shop,
        access,
        "products",
        {"sku": "x", "name": "x", "price": "9999999999999.99"},
        origin=PAGE,
    )
    assert made["price"] == Decimal("9999999999999.99")
