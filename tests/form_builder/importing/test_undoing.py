"""An import is taken back: what it made goes, what it changed comes back."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.history import history, trash
from regulars.form_builder.importing import batches
from regulars.form_builder.origin import PAGE
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import Conflict
from regulars.platform.events import event
from tests.form_builder.importing.test_running import (
    ORDERS_CSV,
    ORDERS_MAP,
    PEOPLE_CSV,
    PEOPLE_MAP,
)
from tests.support.import_forms import (
    OWNER,
    all_records,
    bring_in,
    everything,
    prepare_import,
    take_back,
)


def without_traces(text: str) -> list[Any]:
    """All records without the marks every change leaves (version, times, who)."""
    cleaned = []
    for name, rows in json.loads(text):
        cut = slice(11, None) if "__" not in name else slice(None)
        cleaned.append([name, [row[:1] + row[cut] for row in rows]])
    return cleaned


def test_everything_it_made_is_gone_and_sums_are_right_again(
    database: Database, shop: Workspace
) -> None:
    with database.workspace_tx(shop) as uow:
        anna = {"code": "C1", "name": "Anna", "tags": ["old"]}
        records.create_record(uow, OWNER, "customers", anna, origin=PAGE)
        before = everything(uow)
    batch = bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    undone = take_back(database, shop, batch)
    assert undone.state == "undone"
    assert undone.result is not None
    assert undone.result["undone"] == {"removed": 6, "restored": 1}
    with database.workspace_tx(shop) as uow:
        assert without_traces(everything(uow)) == without_traces(before)
        assert uow.scalar(sa.select(sa.func.count()).select_from(trash)) == 0
        deleted = sa.select(sa.func.count()).where(history.c.action == "deleted")
        assert uow.scalar(deleted) == 6
        assert uow.scalar(sa.select(sa.func.count()).where(event.c.processed_at.is_(None))) == 1


def test_every_kind_of_value_comes_back(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, PEOPLE_CSV, PEOPLE_MAP)
    with database.workspace_tx(shop) as uow:
        before = everything(uow)
    other = PEOPLE_CSV.replace("王芳", "张三").replace("金卡", "普通").replace("1990", "1991")
    other = other.replace("爱喝茶", "新标签").replace("1,200", "7").replace("12:50", "13:50")
    other = other.replace("第一行", "另一行").replace("是,", "否,").replace("Fang@", "zhang@")
    batch = bring_in(database, shop, other, PEOPLE_MAP)
    with database.workspace_tx(shop) as uow:
        assert without_traces(everything(uow)) != without_traces(before)
    take_back(database, shop, batch)
    with database.workspace_tx(shop) as uow:
        assert without_traces(everything(uow)) == without_traces(before)


def test_rows_of_an_order_come_back(database: Database, shop: Workspace) -> None:
    bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    changed = bring_in(database, shop, ORDERS_CSV.replace("1,b,1,10", "1,a,5,20"), ORDERS_MAP)
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "orders")[0]["amount"] == 106
    take_back(database, shop, changed)
    with database.workspace_tx(shop) as uow:
        first = all_records(uow, "orders")[0]
        assert first["amount"] == 16
        assert [row["quantity"] for row in first["items"]] == [2, 2, 1]
        assert all_records(uow, "customers")[0]["total_spend"] == 16


def test_what_somebody_changed_since_stays_and_is_listed(
    database: Database, shop: Workspace
) -> None:
    batch = bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    with database.workspace_tx(shop) as uow:
        first, _second = all_records(uow, "orders")
        where = {"paid_at": "2012-01-01T00:00:00Z"}
        records.update_record(uow, OWNER, "orders", first.id, where, origin=PAGE)
    undone = take_back(database, shop, batch)
    with database.workspace_tx(shop) as uow:
        assert [each.id for each in all_records(uow, "orders")] == [first.id]
        # The customer and the products of that order are still needed by it.
        assert [each["code"] for each in all_records(uow, "customers")] == ["C1"]
        left = batches.left_behind(uow, OWNER, undone.id)
    assert ("orders", first.id, "changed-since") in left
    assert {(form, why) for form, _record, why in left} == {
        ("orders", "changed-since"), ("customers", "still-linked"), ("products", "still-linked"),
    }  # fmt: skip


def test_a_record_made_and_then_changed_by_one_batch_goes_whole(
    database: Database, shop: Workspace
) -> None:
    """The stub of a product is changed by a later target of the same file."""
    wanted = json.loads(json.dumps(ORDERS_MAP))
    wanted["targets"].append(
        {
            "form": "products",
            "key": "sku",
            "where": {"column": "Sku", "op": "is_not_empty"},
            "fields": {"sku": {"column": "Sku"}, "name": {"column": "Sku"}},
        }
    )
    batch = bring_in(database, shop, ORDERS_CSV, wanted)
    take_back(database, shop, batch)
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "products") == []


def test_only_a_finished_import_can_be_taken_back_and_only_once(
    database: Database, shop: Workspace
) -> None:
    draft = prepare_import(database, shop, ORDERS_CSV, ORDERS_MAP)
    with database.workspace_tx(shop) as uow, pytest.raises(Conflict):
        batches.start_undo(uow, OWNER, draft.id)
    done = bring_in(database, shop, ORDERS_CSV, ORDERS_MAP)
    take_back(database, shop, done)
    with database.workspace_tx(shop) as uow, pytest.raises(Conflict):
        batches.start_undo(uow, OWNER, done.id)
