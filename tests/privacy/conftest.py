"""A shop whose rules have written to a customer called Canary, of whom traces lie everywhere."""

from dataclasses import dataclass
from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, delete_record, update_record
from regulars.platform.db import Database, Workspace
from regulars.platform.privacy.consents import ConsentChange, set_consent
from regulars.wiring import wire
from tests.support.rule_shop import ORDERS, SYSTEM, RuleShop, journey, mirror, sms

NAME, MOBILE, EMAIL = "Canary Featherstone", "+8613712345678", "canary.featherstone@nest.example"
TRACES = ("canary", "featherstone", "13712345678", "137 1234 5678", "nest.example")
FROZEN = {"type": "formula", "freeze": "on_create"}
COPIES: list[dict[str, Any]] = [
    {"key": "buyer_then", **FROZEN, "formula": "customer.name", "result": "text"},
    {"key": "born", **FROZEN, "formula": "customer.birthday", "result": "date"},
    {"key": "nth", **FROZEN, "formula": "customer.order_count", "result": "number"},
    {"key": "for_whom", "type": "text", "default": {"formula": '"For " & customer.name'}},
]
NOTES: dict[str, Any] = {
    "kind": "form", "key": "notes", "label": "Notes", "title": "{text}",
    "fields": [
        {"key": "text", "type": "text"},
        {"key": "guests", "type": "subform", "fields": [
            {"key": "who", "type": "link", "to": "customers"},
            {"key": "called", "type": "text", "personal": {"purpose": "service"}},
            {"key": "then", **FROZEN, "formula": "who.name", "result": "text"},
        ]},
        {"key": "about", "type": "links", "to": "customers"},
    ],
}  # fmt: skip
DELIVERED: dict[str, Any] = {
    **ORDERS,
    "title": "{customer.name}",
    "fields": [
        *ORDERS["fields"],
        {"key": "deliver_to", "type": "text", "personal": {"purpose": "service"}},
        *COPIES,
    ],
}


@dataclass
class Nest:
    """The shop, Canary's record and the orders that point to it."""

    shop: RuleShop
    canary: int
    order: int
    binned_order: int
    note: int
    mention: int
    other: int


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> RuleShop:
    wire()
    shop = RuleShop(database, workspace).open()
    shop.publish(DELIVERED)
    shop.publish(NOTES)
    return shop


@pytest.fixture
def nest(shop: RuleShop) -> Nest:
    """Everything a customer leaves behind, made through the product's own ways."""
    shop.publish(
        sms(text="{name}, hello!"), journey(),
        mirror("bought", {"field": "order_count", "op": "gte", "value": 1},
               {"field": "tags", "add": "bought"}),
    )  # fmt: skip
    canary = shop.customer(name="Canary Old", mobile=MOBILE, email=EMAIL, birthday="1990-05-01")
    shop.change("customers", canary, name=NAME, note="likes Featherstone tea")
    with shop.work() as uow:
        evidence = f"{NAME} signed the card"
        change = ConsentChange(
            "customers", canary, "marketing", "sms", "grant", f"till of {NAME}", evidence
        )
        set_consent(uow, SYSTEM, change)
    order = shop.order(canary, deliver_to=f"{NAME}, Nest Road 1")
    binned = shop.order(canary, deliver_to=f"{NAME}, again")
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "orders", binned, origin=Origin("page"))
        note = create_record(
            uow, SYSTEM, "notes",
            {"text": f"call {MOBILE}", "guests": [{"who": canary, "called": NAME}]},
            origin=Origin("page"),
        ).id  # fmt: skip
        update_record(uow, SYSTEM, "orders", order, {"deliver_to": NAME}, origin=Origin("page"))
        mention = create_record(
            uow, SYSTEM, "notes", {"text": "seen", "about": [canary]}, origin=Origin("page")
        ).id
    other = shop.customer(name="Bystander", note=f"sister of {EMAIL.upper()}, 137 1234 5678")
    shop.tick()
    return Nest(shop, canary, order, binned, note, mention, other)
