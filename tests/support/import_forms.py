"""A shop as an import meets it: every kind of field, orders with rows, and ways to bring in."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import batches, files, running
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records, get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from tests.support.shop_forms import publish_forms

PEOPLE: dict[str, Any] = {
    "kind": "form",
    "key": "customers",
    "label": {"en": "Customers", "zh-Hans": "客户"},
    "title": "{name}",
    "person": {"name": "name", "mobile": "mobile", "email": "email", "birthday": "birthday"},
    "fields": [
        {"key": "code", "type": "text", "unique": True, "case": "exact"},
        {
            "key": "name",
            "type": "text",
            "required": True,
            "label": {"en": "Name", "zh-Hans": "姓名"},
        },
        {
            "key": "mobile",
            "type": "phone",
            "unique": True,
            "label": {"en": "Mobile", "zh-Hans": "手机"},
        },
        {"key": "email", "type": "email"},
        {"key": "birthday", "type": "date", "label": {"en": "Birthday", "zh-Hans": "生日"}},
        {
            "key": "tier",
            "type": "choice",
            "options": [
                {"value": "basic", "label": {"en": "Basic", "zh-Hans": "普通"}},
                {"value": "gold", "label": {"en": "Gold", "zh-Hans": "金卡"}},
            ],
            "default": "basic",
        },
        {"key": "tags", "type": "tags"},
        {"key": "vip", "type": "boolean"},
        {"key": "points", "type": "number", "min": 0},
        {"key": "joined_at", "type": "datetime"},
        {"key": "note", "type": "long_text"},
        {"key": "friend", "type": "link", "to": "customers"},
        {"key": "orders", "type": "related", "from": "orders", "via": "customer"},
        {"key": "order_count", "type": "rollup", "of": "orders", "aggregate": "count"},
        {
            "key": "total_spend",
            "type": "rollup",
            "of": "orders",
            "aggregate": "sum",
            "field": "amount",
            "result": "money",
        },
    ],
}
GOODS: dict[str, Any] = {
    "kind": "form",
    "key": "products",
    "label": {"en": "Products", "zh-Hans": "商品"},
    "title": "{name}",
    "fields": [
        {"key": "sku", "type": "text", "required": True, "unique": True, "case": "exact"},
        {"key": "name", "type": "text"},
        {"key": "price", "type": "money", "min": 0},
    ],
}
SALES: dict[str, Any] = {
    "kind": "form",
    "key": "orders",
    "label": {"en": "Orders", "zh-Hans": "订单"},
    "title": "{order_no}",
    "fields": [
        {"key": "order_no", "type": "text", "unique": True, "case": "exact"},
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "paid_at", "type": "datetime"},
        {
            "key": "items",
            "type": "subform",
            "fields": [
                {"key": "product", "type": "link", "to": "products"},
                {"key": "quantity", "type": "number", "required": True},
                {"key": "unit_price", "type": "money", "decimals": 4},
                {
                    "key": "line_total",
                    "type": "formula",
                    "formula": "quantity * unit_price",
                    "result": "money",
                    "decimals": 4,
                },
            ],
        },
        {
            "key": "amount",
            "type": "rollup",
            "of": "items",
            "aggregate": "sum",
            "field": "line_total",
            "result": "money",
        },
    ],
}
IMPORT_SHOP = (PEOPLE, GOODS, SALES)
OWNER = system_access("en")


def publish_import_shop(database: Database, workspace: Workspace) -> None:
    """Publish the three forms."""
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, IMPORT_SHOP)


def store_text(
    uow: UnitOfWork, content: str | bytes, name: str = "sales.csv", **wanted: Any
) -> files.StoredFile:
    """Keep ``content`` as an uploaded file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return files.store_file(uow, path, name, wanted)


def prepare_import(
    database: Database, workspace: Workspace, content: str | bytes, raw_map: Mapping[str, Any],
    access: Access = OWNER, name: str = "sales.csv",
) -> Batch:  # fmt: skip
    """A draft batch of this content with this map."""
    with database.workspace_tx(workspace) as uow:
        file = store_text(uow, content, name, **raw_map.get("file", {}))
        return batches.create_batch(uow, access, raw_map["targets"][0]["form"], file.id, raw_map)


def bring_in(
    database: Database, workspace: Workspace, content: str | bytes, raw_map: Mapping[str, Any],
    access: Access = OWNER, name: str = "sales.csv",
) -> Batch:  # fmt: skip
    """Import ``content`` to the end."""
    batch = prepare_import(database, workspace, content, raw_map, access, name)
    with database.workspace_tx(workspace) as uow:
        batches.start_batch(uow, access, batch.id)
    return finish(database, workspace, batch.id, access)


def check_first(
    database: Database, workspace: Workspace, batch: Batch, access: Access = OWNER
) -> Batch:
    """A dry run of a draft."""
    with database.workspace_tx(workspace) as uow:
        batches.start_check(uow, access, batch.id)
    return finish(database, workspace, batch.id, access)


def take_back(
    database: Database, workspace: Workspace, batch: Batch, access: Access = OWNER
) -> Batch:
    """Undo a batch to the end."""
    with database.workspace_tx(workspace) as uow:
        batches.start_undo(uow, access, batch.id)
    return finish(database, workspace, batch.id, access)


def finish(
    database: Database, workspace: Workspace, batch_id: int, access: Access = OWNER
) -> Batch:
    """Do what waits, as a worker would, and look at the batch again."""
    running.run_due(database, workspace)
    with database.workspace_tx(workspace, write=False) as uow:
        return batches.get_batch(uow, access, batch_id)


def counts(batch: Batch, form: str) -> dict[str, int]:
    """What a finished batch (or its check) did to one form, stubs apart."""
    result = batch.result or batch.check
    assert result is not None, batch.error
    target = next(each for each in result["targets"] if each["form"] == form and not each["stub"])
    return {key: n for key, n in target.items() if key not in ("form", "stub", "dropped") and n}


def all_records(uow: UnitOfWork, form: str, sort: Sequence[str] = ("id",)) -> list[Record]:
    """Every record of a form with its rows."""
    page = find_records(uow, OWNER, form, RecordQuery(sort=tuple(sort), limit=1000))
    return [get_record(uow, OWNER, form, record.id) for record in page.records]


def problems_of(uow: UnitOfWork, batch: Batch) -> dict[int, list[str]]:
    """Line → the codes of what is wrong with it."""
    found: dict[int, list[str]] = {}
    for line, _form, problems in batches.refused_lines(uow, OWNER, batch.id, None):
        found.setdefault(line, []).extend(problem.code for problem in problems)
        assert all(problem.message("zh-Hans") and problem.message("en") for problem in problems)
    return found


def everything(uow: UnitOfWork) -> str:
    """All rows of all form tables as one text, to compare a workspace with itself."""
    seen = []
    catalog = catalog_of(uow)
    for key in sorted(catalog.tables):
        tables = catalog.tables[key]
        for table in (tables.main, *(each.main for each in tables.rows.values())):
            rows = uow.execute(sa.select(table).order_by(table.c.id))
            seen.append([table.name, [list(map(str, row)) for row in rows]])
        for side in tables.sides.values():
            rows = uow.execute(sa.select(side).order_by(side.c.record, side.c.value))
            seen.append([side.name, [list(map(str, row)) for row in rows]])
    return json.dumps(seen)
