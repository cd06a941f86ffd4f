"""A small shop for tests: customers with orders of item rows, products, and tags."""

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store

PRODUCTS: dict[str, Any] = {
    "kind": "form",
    "key": "products",
    "label": {"en": "Products", "zh-Hans": "商品"},
    "title": "{name}",
    "fields": [
        {"key": "sku", "type": "text", "required": True, "unique": True, "case": "exact"},
        {"key": "name", "type": "text", "required": True},
        {"key": "price", "type": "money", "min": 0},
    ],
}
CUSTOMERS: dict[str, Any] = {
    "kind": "form",
    "key": "customers",
    "label": {"en": "Customers", "zh-Hans": "客户"},
    "title": "{name}",
    "person": {"name": "name", "mobile": "mobile", "email": "email", "birthday": "birthday"},
    "fields": [
        {
            "key": "name",
            "type": "text",
            "required": True,
            "label": {"en": "Name", "zh-Hans": "姓名"},
        },
        {"key": "mobile", "type": "phone", "unique": True},
        {"key": "email", "type": "email"},
        {"key": "birthday", "type": "date"},
        {
            "key": "tier",
            "type": "choice",
            "options": [
                {"value": "basic", "label": {"en": "Basic", "zh-Hans": "普通"}, "color": "gray"},
                {
                    "value": "diamond",
                    "label": {"en": "Diamond", "zh-Hans": "钻石"},
                    "color": "blue",
                },
            ],
            "default": "basic",
        },
        {"key": "tags", "type": "tags"},
        {
            "key": "orders",
            "type": "related",
            "from": "orders",
            "via": "customer",
            "order": "-paid_at",
        },
        {"key": "order_count", "type": "rollup", "of": "orders", "aggregate": "count"},
        {
            "key": "total_spend",
            "type": "rollup",
            "of": "orders",
            "aggregate": "sum",
            "field": "amount",
            "where": {"field": "status", "op": "is", "value": "paid"},
            "result": "money",
        },
        {
            "key": "last_order_at",
            "type": "rollup",
            "of": "orders",
            "aggregate": "max",
            "field": "paid_at",
            "result": "datetime",
        },
        {
            "key": "average",
            "type": "formula",
            "formula": "total_spend / order_count",
            "result": "money",
        },
    ],
}
ORDERS: dict[str, Any] = {
    "kind": "form",
    "key": "orders",
    "label": {"en": "Orders", "zh-Hans": "订单"},
    "title": "{order_no} · {customer.name}",
    "fields": [
        {"key": "order_no", "type": "serial", "pattern": "SO{YYYY}{MM}-{0000}", "reset": "month"},
        {"key": "customer", "type": "link", "to": "customers", "required": True},
        {"key": "paid_at", "type": "datetime", "default": {"formula": "NOW()"}},
        {
            "key": "status",
            "type": "choice",
            "options": [{"value": "paid"}, {"value": "refunded"}],
            "default": "paid",
        },
        {
            "key": "items",
            "type": "subform",
            "fields": [
                {"key": "product", "type": "link", "to": "products"},
                {"key": "quantity", "type": "number", "required": True},
                {"key": "price", "type": "money", "decimals": 4},
                {
                    "key": "line_total",
                    "type": "formula",
                    "formula": "quantity * price",
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
        {"key": "tier", "type": "lookup", "path": "customer.tier"},
    ],
    "checks": [
        {
            "must": {"formula": "COUNT(items, WHERE quantity < 0) = 0"},
            "message": {"en": "No negative quantities.", "zh-Hans": "数量不能为负。"},
            "at": "items",
        }
    ],
}
SHOP = (PRODUCTS, CUSTOMERS, ORDERS)


def publish_forms(
    uow: UnitOfWork, forms: Sequence[Mapping[str, Any]] = SHOP, access: Access | None = None
) -> None:
    """Save and publish these forms together."""
    actor = access or system_access("en")
    for form in forms:
        store.save_draft(uow, actor, "form", form)
    store.publish(uow, actor, [("form", form["key"]) for form in forms])
