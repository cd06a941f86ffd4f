"""Exports are safe to open, and bringing them in again changes nothing (S10)."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import Shown, export_records
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.origin import PAGE
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Forbidden, Invalid
from tests.support.import_forms import (
    OWNER,
    all_records,
    bring_in,
    counts,
    everything,
    publish_import_shop,
    store_text,
)

NAMES = [
    "=1+1",
    "+8613800138000",
    "-2+3",
    "@SUM(A1)",
    "＝1",
    "'=1",
    'O\'Neil "Bo", Ltd',
    "王芳",
    "-5",
    "#7",
    "[x]",
]


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    publish_import_shop(database, workspace)
    with database.workspace_tx(workspace) as uow:
        _fill(uow)
    return workspace


def _fill(uow: UnitOfWork) -> None:
    def make(form: str, **values: Any) -> int:
        return records.create_record(uow, OWNER, form, values, origin=PAGE).id

    people = [
        make(
            "customers",
            code=f"C{n}",
            name=name,
            mobile=f"1380013800{n}" if n < 10 else None,
            birthday="1990-02-28" if n % 2 else None,
            tier="gold" if n % 3 else "basic",
            tags=["爱喝茶", "a, b"] if n == 1 else ["vip"] if n % 2 else [],
            vip=None if n == 0 else bool(n % 2),
            points=n,
            joined_at=f"2011-10-30T00:3{n % 10}:00Z",
            note='first\nsecond, "quoted"\n=third' if n == 2 else None,
        )
        for n, name in enumerate(NAMES)
    ]
    records.update_record(uow, OWNER, "customers", people[1], {"friend": people[0]}, origin=PAGE)
    nameless = make("customers", name="no code")
    records.update_record(uow, OWNER, "customers", people[2], {"friend": nameless}, origin=PAGE)
    goods = [make("products", sku=sku, name=sku) for sku in ("85123A", "85123a")]
    rows = [
        {"product": goods[0], "quantity": 2, "unit_price": "0.1234"},
        {"product": goods[1], "quantity": 1},
        {"product": goods[0], "quantity": 2, "unit_price": "0.1234"},
    ]
    make("orders", order_no="1", customer=people[0], paid_at="2011-12-09T12:50:01Z", items=rows)
    make("orders", order_no="2", customer=people[1], items=[])


def exported(
    database: Database, shop: Workspace, form: str, path: Path, access: Access = OWNER, **more: Any
) -> int:
    with database.workspace_tx(shop, write=False) as uow:
        return export_records(uow, access, form, path, **more)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_bringing_an_export_in_again_changes_nothing(
    database: Database, shop: Workspace, tmp_path: Path, suffix: str, locale: str
) -> None:
    reader = Access(None, "me", "owner", locale, (), "system")
    with database.workspace_tx(shop) as uow:
        before = everything(uow)
    for form, n in (("products", 2), ("customers", len(NAMES) + 1), ("orders", 2)):
        path = tmp_path / f"{form}{suffix}"
        assert exported(database, shop, form, path, reader) == n
        with database.workspace_tx(shop) as uow:
            file = store_text(uow, path.read_bytes(), path.name)
            catalog = catalog_of(uow)
            guesses = {each["column"]: each for each in file.guesses}
            wanted = suggest_map(catalog.get_form(form), catalog.forms, file.columns, guesses)
        if form == "customers":  # somebody without a code has nothing to be recognised by
            wanted["targets"][0]["where"] = {"column": "code", "op": "is_not_empty"}
        again = bring_in(database, shop, path.read_bytes(), {**wanted, "empty_cells": "clear"})
        assert counts(again, form) == {"unchanged": n - (form == "customers")}, again.result
    with database.workspace_tx(shop) as uow:
        assert everything(uow) == before


def test_an_export_fills_an_empty_workspace_with_the_same_values(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    exported(database, shop, "orders", path)
    with database.workspace_tx(shop) as uow:
        before = [
            {**each.values, "items": _bare(each["items"])} for each in all_records(uow, "orders")
        ]
        for each in all_records(uow, "orders"):
            records.delete_record(uow, OWNER, "orders", each.id, origin=PAGE)
        file = store_text(uow, path.read_bytes())
        catalog = catalog_of(uow)
        wanted = suggest_map(catalog.get_form("orders"), catalog.forms, file.columns, {})
    bring_in(database, shop, path.read_bytes(), wanted)
    with database.workspace_tx(shop) as uow:
        after = [
            {**each.values, "items": _bare(each["items"])} for each in all_records(uow, "orders")
        ]
    for key in ("order_no", "customer", "paid_at", "items", "amount"):
        assert [each[key] for each in after] == [each[key] for each in before]


def _bare(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "id"} for row in rows]


def test_no_cell_of_a_csv_is_a_formula(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    exported(database, shop, "customers", path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.reader(stream))
    for line in lines:
        for cell in line:
            assert not cell.startswith(("=", "+", "@", "＝", "\t", "\r")), cell
            assert not cell.startswith("-") or cell.lstrip("-").replace(".", "").isdigit()
    assert lines[1][lines[0].index("Name")] == "'=1+1"


def test_workbook_cells_keep_their_kind(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "people.xlsx"
    exported(database, shop, "customers", path)
    sheet = openpyxl.load_workbook(path).active
    heads = [cell.value for cell in sheet[1]]
    first, second = sheet[2], sheet[3]
    assert (first[heads.index("Name")].value, first[heads.index("Name")].data_type) == (
        "=1+1",
        "s",
    )
    assert second[heads.index("points")].value == 1
    assert second[heads.index("Birthday")].value == datetime(1990, 2, 28)  # noqa: DTZ001 - a workbook knows no zone


def test_only_what_meets_the_condition_goes_out(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    gold = {"field": "tier", "op": "is", "value": "gold"}
    path = tmp_path / "gold.csv"
    assert exported(database, shop, "customers", path, condition=gold) == 7
    with pytest.raises(Invalid):
        exported(
            database, shop, "customers", path, condition={"field": "nope", "op": "is", "value": 1}
        )


def test_who_may_not_export_gets_nothing(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    clerk = Access(None, "till", "clerk", "en", (), "token", 1)
    with pytest.raises(Forbidden):
        exported(database, shop, "customers", tmp_path / "x.csv", clerk)
    assert not (tmp_path / "x.csv").exists()


def test_an_order_gives_one_line_per_row(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    exported(database, shop, "orders", path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["order_no"] for line in lines] == ["1", "1", "1", "2"]
    assert [line["items › product"] for line in lines] == ["85123A", "85123a", "85123A", ""]
    assert lines[0]["paid_at"] == "2011-12-09T20:50:01+08:00"
    assert json.loads(json.dumps(lines[0]))["items › unit_price"] == "0.1234"


def test_what_a_list_shows_is_exported_as_it_stands_there(
    shop: Workspace, database: Database, tmp_path: Path
) -> None:
    with database.workspace_tx(shop, write=False) as uow:
        form = catalog_of(uow).get_form("customers")
        name, code = form.by_key["name"], form.by_key["code"]
        file = tmp_path / "shown.csv"
        shown = Shown([("name", name), ("code", code)], ("-code",))
        condition = {"field": "code", "op": "in", "value": ["C1", "C2", "C10"]}
        assert export_records(uow, OWNER, "customers", file, condition, shown=shown) == 3
        head, *rows = csv.reader(file.read_text("utf-8-sig").splitlines())
        assert len(head) == 2
        assert [row[1] for row in rows] == ["C2", "C10", "C1"]
        far = Shown([("id", code), ("customer.name", name)], ("id",))
        assert export_records(uow, OWNER, "orders", file, shown=far) > 0
        _head, *rows = csv.reader(file.read_text("utf-8-sig").splitlines())
        names = {row[1].lstrip("'") for row in rows}
        assert names & {each.lstrip("'") for each in NAMES}
