"""Forms with rules over their fields: a sale that asks, locks, sets, fills and narrows."""

from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import FormRights, Role

STORES: dict[str, Any] = {
    "kind": "form", "key": "stores",
    "label": {"en": "Stores", "zh-Hans": "门店"}, "title": "{name}",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "city", "type": "text"},
    ],
}  # fmt: skip
BUYERS: dict[str, Any] = {
    "kind": "form", "key": "buyers",
    "label": {"en": "Buyers", "zh-Hans": "买家"}, "title": "{name}",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "mobile", "type": "phone", "unique": True},
        {"key": "address", "type": "text"},
        {"key": "tier", "type": "choice", "options": [{"value": "basic"}, {"value": "gold"}]},
    ],
}  # fmt: skip
SALES: dict[str, Any] = {
    "kind": "form", "key": "sales",
    "label": {"en": "Sales", "zh-Hans": "销售"}, "title": "{id}",
    "fields": [
        {"key": "status", "type": "choice", "label": {"en": "Status", "zh-Hans": "状态"},
         "options": [
             {"value": "open", "label": {"en": "Open", "zh-Hans": "未付"}},
             {"value": "paid", "label": {"en": "Paid", "zh-Hans": "已付"}},
             {"value": "refunded", "label": {"en": "Refunded", "zh-Hans": "已退款"}},
             {"value": "closed", "label": {"en": "Closed", "zh-Hans": "已关闭"}},
         ], "default": "open"},
        {"key": "reason", "type": "text", "label": {"en": "Refund reason", "zh-Hans": "退款原因"}},
        {"key": "amount", "type": "money", "label": {"en": "Amount", "zh-Hans": "金额"}},
        {"key": "paid_on", "type": "date", "label": {"en": "Paid on", "zh-Hans": "付款日"}},
        {"key": "buyer", "type": "link", "to": "buyers",
         "label": {"en": "Buyer", "zh-Hans": "买家"}},
        {"key": "address", "type": "text", "label": {"en": "Address", "zh-Hans": "地址"}},
        {"key": "city", "type": "text", "label": {"en": "City", "zh-Hans": "城市"}},
        {"key": "store", "type": "link", "to": "stores",
         "label": {"en": "Store", "zh-Hans": "门店"}},
        {"key": "way", "type": "choice", "label": {"en": "Way of paying", "zh-Hans": "支付方式"},
         "options": [{"value": "cash"}, {"value": "card"}, {"value": "points"}]},
        {"key": "note", "type": "text", "label": {"en": "Note", "zh-Hans": "备注"}},
        {"key": "items", "type": "subform", "label": {"en": "Items", "zh-Hans": "明细"},
         "fields": [
            {"key": "what", "type": "text"},
            {"key": "price", "type": "money"},
        ]},
        {"key": "total", "type": "rollup", "of": "items", "aggregate": "sum", "field": "price",
         "result": "money"},
        {"key": "fee", "type": "formula", "formula": "amount * 2", "result": "money",
         "label": {"en": "Double", "zh-Hans": "两倍"}},
    ],
    "logic": [
        {"key": "refund", "when": {"field": "status", "op": "is", "value": "refunded"},
         "then": [{"show": ["reason"]}, {"require": ["reason"]}]},
        {"key": "closed", "when": {"field": "status", "op": "is", "value": "closed"},
         "then": [{"read_only": ["amount", "items"]}]},
        {"key": "paid", "when": {"field": "status", "op": "is", "value": "paid"},
         "then": [{"set": {"field": "paid_on", "formula": "TODAY()"}}]},
        {"key": "ship", "then": [{"fill": {"from": "buyer", "fields": {"address": "address"}}}]},
        {"key": "near", "when": {"field": "city", "op": "is_not_empty"}, "then": [
            {"options": {"field": "store", "where":
                {"field": "city", "op": "is", "value": {"record": "city"}}}}]},
        {"key": "small", "when": {"field": "amount", "op": "lt", "value": 10},
         "then": [{"options": {"field": "way", "values": ["cash", "card"]}}]},
        {"key": "big", "when": {"field": "total", "op": "gte", "value": 1000},
         "then": [{"require": ["note"]}, {"hide": ["way"]}]},
    ],
}  # fmt: skip
LOGIC_FORMS = (STORES, BUYERS, SALES)


def access_without(*keys: str) -> Access:
    """Somebody who does everything with sales but sees these fields of them not at all."""
    every = dict.fromkeys(("create", "read", "update", "delete", "export"), "all")
    rights = FormRights(every, dict.fromkeys(keys, "hidden"))  # type: ignore[arg-type]
    verbs = {"enter", "read_records", "create_records", "update_records"}
    role = Role("seller", frozenset(verbs), False, FormRights(every), {"sales": rights})  # type: ignore[arg-type]
    return Access(1, "Sam", "seller", "en", roles={"seller": role})
