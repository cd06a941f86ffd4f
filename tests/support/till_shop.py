"""A shop with a till: customers, coupons that count once, sales, and points."""

from typing import Any

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.form_builder.tills.definition import Till
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

COUPONS: dict[str, Any] = {
    "kind": "form", "key": "coupons", "label": {"en": "Coupons", "zh-Hans": "优惠券"},
    "title": "{code}",
    "fields": [
        {"key": "code", "type": "text", "required": True},
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "status", "type": "choice", "options": [{"value": "open"}, {"value": "used"}],
         "default": "open"},
        {"key": "used_at", "type": "datetime"},
        {"key": "expires_at", "type": "datetime"},
        {"key": "least", "type": "money"},
    ],
}  # fmt: skip
SALES: dict[str, Any] = {
    "kind": "form", "key": "sales", "label": {"en": "Sales", "zh-Hans": "消费"},
    "title": "{number}",
    "fields": [
        {"key": "number", "type": "serial", "pattern": "S{00000}"},
        {"key": "customer", "type": "link", "to": "customers"},
        {"key": "amount", "type": "money", "required": True, "min": 0},
        {"key": "paid_at", "type": "datetime", "default": {"formula": "NOW()"}},
        {"key": "coupon", "type": "link", "to": "coupons"},
        {"key": "channel", "type": "text"},
    ],
}  # fmt: skip
POINTS: dict[str, Any] = {
    "kind": "form", "key": "points", "label": {"en": "Points", "zh-Hans": "积分"},
    "fields": [
        {"key": "customer", "type": "link", "to": "customers", "required": True},
        {"key": "points", "type": "number", "decimals": 0},
        {"key": "sale", "type": "link", "to": "sales"},
        {"key": "why", "type": "text"},
    ],
}  # fmt: skip
MEMBERS: dict[str, Any] = {
    **CUSTOMERS,
    "fields": [
        *CUSTOMERS["fields"],
        {"key": "card", "type": "barcode", "symbology": "qr_code"},
        {"key": "balance", "type": "number", "decimals": 0},
        {"key": "earned", "type": "related", "from": "points", "via": "customer"},
        {"key": "points", "type": "rollup", "of": "earned", "aggregate": "sum",
         "field": "points", "label": {"en": "Points", "zh-Hans": "积分"}},
    ],
}  # fmt: skip
TILL: dict[str, Any] = {
    "kind": "till", "schema": 1, "key": "counter",
    "label": {"en": "Counter", "zh-Hans": "收银台"},
    "people": {"form": "customers", "find_by": ["mobile", "card"],
               "show": ["tier", "points", "email"]},
    "offer": {
        "form": "coupons", "via": "customer", "show": ["expires_at"], "least": "least",
        "where": {"formula": 'status = "open" AND (ISEMPTY(expires_at) OR expires_at > NOW())'},
        "sets": {"status": "used", "used_at": {"formula": "NOW()"}},
    },
    "sale": {"form": "sales", "via": "customer", "amount": "amount", "at": "paid_at",
             "offer": "coupon", "values": {"channel": "till"}, "quick": [10, 50]},
    "points": {"form": "points", "via": "customer", "field": "points", "sale": "sale",
               "formula": "FLOOR(amount)", "values": {"why": "bought"}},
    "offline": {"hours": 2, "members": 10, "show": ["tier", "points"]},
}  # fmt: skip
FORMS = (PRODUCTS, MEMBERS, ORDERS, COUPONS, SALES, POINTS)


def open_till(uow: UnitOfWork, **parts: Any) -> None:
    """Publish the forms and the till; ``parts`` take the place of its own."""
    publish_forms(uow, FORMS)
    put_till(uow, **parts)


def put_till(uow: UnitOfWork, **parts: Any) -> Till:
    """Publish the till with these parts in place of its own, None for one left out."""
    raw = {k: v for k, v in {**TILL, **parts}.items() if v is not None}
    access = system_access("en")
    store.save_draft(uow, access, "till", raw)
    store.publish(uow, access, [("till", raw["key"])])
    found: Till = snapshot(uow).get("till", raw["key"])
    return found


def make(uow: UnitOfWork, form: str, **values: Any) -> int:
    """A record; its id."""
    return create_record(uow, system_access("en"), form, values, origin=API).id
