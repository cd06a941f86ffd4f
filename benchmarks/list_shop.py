"""The generated shop that the lists are measured on: customers with a store, and their indexes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.indexing.desk import look_after
from regulars.form_builder.searching.keeping import keep
from regulars.form_builder.serials import go_on_counting
from regulars.platform.accounts.access import system_access
from regulars.platform.bulk import insert_columns
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store

ACCESS = system_access("en")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余"
    "叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段"
    "雷黎史龙陶贺顾毛郝龚邵万钱严"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉萍红建文华志国春梅琳雪晨宇欣怡"
    "子轩梓涵浩然思雨佳俊豪嘉诗天翔雅婷晓东海燕振宁若曦家乐"
)
MAIL = ("qq.com", "163.com", "gmail.com", "outlook.com", "shop.example")
TIERS = ("basic", "silver", "gold", "diamond")
STORES = 40
SLICE = 50_000
FORMS: list[dict[str, Any]] = [
    {
        "kind": "form", "key": "stores", "label": "Stores", "title": "{name}",
        "fields": [{"key": "name", "type": "text", "required": True}],
    },
    {
        "kind": "form", "key": "customers", "label": "Customers", "title": "{name}",
        "person": {"name": "name", "mobile": "mobile", "email": "email"},
        "fields": [
            {"key": "name", "type": "text", "required": True},
            {"key": "mobile", "type": "phone", "unique": True},
            {"key": "email", "type": "email"},
            {"key": "tier", "type": "choice", "options": [{"value": each} for each in TIERS]},
            {"key": "points", "type": "number"},
            {"key": "spent", "type": "money"},
            {"key": "store", "type": "link", "to": "stores"},
            {"key": "joined", "type": "date"},
        ],
        "views": [
            {"key": "best", "type": "table", "sort": ["-points"],
             "columns": ["name", "mobile", "email", "tier", "points", "spent", "store", "joined"]},
        ],
    },
]  # fmt: skip


def open_shop(database: Database, place: Workspace) -> None:
    """Publish the forms and give the stores their names."""
    with database.workspace_tx(place) as uow:
        for form in FORMS:
            store.save_draft(uow, ACCESS, "form", form)
        store.publish(uow, ACCESS, [("form", form["key"]) for form in FORMS])
    with database.workspace_tx(place) as uow:
        names = [f"Store {n}" for n in range(1, STORES + 1)]
        texts = {"name": names, "name__ci": [fold(name) for name in names]}
        _insert(uow, "stores", range(1, STORES + 1), texts)


def fill(database: Database, place: Workspace, known: int, customers: int) -> None:
    """Add customers until there are as many as wanted, with indexes and statistics."""
    for start in range(known + 1, customers + 1, SLICE):
        numbers = range(start, min(start + SLICE, customers + 1))
        with database.workspace_tx(place) as uow:
            _insert(uow, "customers", numbers, _people(numbers))
    with database.workspace_tx(place) as uow:
        tables = catalog_of(uow).tables
        for key in ("stores", "customers"):
            go_on_counting(uow, tables[key].main, 0)
    look_after(database, place, database.clock())
    keep(database, place, database.clock(), all_of_it=True)
    _gather(database, place)


def _people(numbers: range) -> dict[str, list[Any]]:
    names = [name_of(n) for n in numbers]
    mails = [f"{_letters(n)}{n % 97}@{MAIL[n % 5]}" for n in numbers]
    mobiles = [mobile_of(n) for n in numbers]
    return {
        "name": names, "name__ci": names, "mobile": mobiles, "mobile__ci": mobiles,
        "email": mails, "email__ci": mails, "tier": [TIERS[min(n % 11 // 3, 3)] for n in numbers],
        "points": [n * 7919 % 10007 for n in numbers],
        "spent": [n * 16807 % 2147483647 % 90000 for n in numbers],
        "store": [n * 31 % STORES + 1 for n in numbers],
        "joined": [(NOW - timedelta(days=n * 48271 % 2000)).date() for n in numbers],
    }  # fmt: skip


def name_of(n: int) -> str:
    """A name of two or three signs; the surnames at the front are the frequent ones."""
    drawn = n * 48271 % 2147483647
    first = SURNAMES[drawn % len(SURNAMES) * (drawn // 97 % len(SURNAMES)) // len(SURNAMES)]
    second = GIVEN[drawn // 89 % len(GIVEN)]
    return first + second + (GIVEN[drawn // 7919 % len(GIVEN)] if n % 5 else "")


def mobile_of(n: int) -> str:
    """A number that is nobody else's, its digits well mixed."""
    return f"+861{38 + n % 7}{n * 7368787 % 100_000_000:08d}"


def _letters(n: int) -> str:
    drawn = n * 69621 % 2147483647
    return "".join(chr(97 + drawn // 26**i % 26) for i in range(5))


def _insert(uow: UnitOfWork, form: str, ids: range, values: dict[str, list[Any]]) -> None:
    n = len(ids)
    at = [NOW - timedelta(seconds=10_000_000 - 5 * i) for i in ids]
    system = {
        "id": list(ids), "version": [1] * n, "created_at": at, "updated_at": at,
        "form_version": [1] * n,
    }  # fmt: skip
    insert_columns(uow, catalog_of(uow).tables[form].main, {**system, **values})


def _gather(database: Database, place: Workspace) -> None:
    """Statistics for the planner, as both databases keep them by themselves after a while."""
    with database.outside_transactions(place) as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
            return
        schema = connection.dialect.identifier_preparer.quote(place.store)
        for name in sa.inspect(connection).get_table_names(schema=place.store):
            table = connection.dialect.identifier_preparer.quote(name)
            connection.exec_driver_sql(f"VACUUM ANALYZE {schema}.{table}")
