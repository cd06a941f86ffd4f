"""A shop with two stores, people who must not be seen whole, and a clerk's role: for attacks."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, delete_record, update_record
from regulars.platform.accounts import units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.definitions import store
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms
from tests.support.site import Site

SECRET = "13877776666"
MAIL = "zhang.canary@secret.example"
UNIT = {"key": "store", "type": "unit", "label": {"en": "Store"}}
FORMS = tuple(
    {**form, "fields": [*form["fields"], UNIT]} if form["key"] != "products" else form
    for form in (PRODUCTS, CUSTOMERS, ORDERS)
)
CARD = {
    "key": "card",
    "type": "formula",
    "formula": 'CONCAT(name, " · ", RIGHT(mobile, 2))',
    "result": "text",
}
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\u00a0-](?=\d)")
VERBS = {"read": "all", "create": "all", "update": "all", "delete": "all", "export": "all"}


def digits_together(text: str) -> str:
    """A text in which numbers stand as they are kept: pages write 138 7777 6666."""
    return _BETWEEN_DIGITS.sub("", text)


def role(right: str | None = None, **changes: Any) -> dict[str, Any]:
    """A clerk's role; with ``right`` the mobile and the e-mail of customers are that."""
    fields = {"mobile": right, "email": right} if right else {}
    raw = {
        "kind": "role",
        "key": "desk",
        "label": {"en": "Desk", "zh-Hans": "前台"},
        "capabilities": ["view_reports", "edit_reports", "import_records"],
        "default": VERBS,
        "forms": {"customers": {"fields": fields}},
    }
    return {**raw, **changes}


@dataclass
class Attack:
    """The shop as a program with the clerk's key meets it."""

    site: Site
    headers: dict[str, str]
    customer: int
    order: int
    deleted: int
    east: int
    west: int

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request to the API."""
        address = f"/api/v1{path}"
        if query:
            address += f"?{urlencode(query)}"
        return self.site.visitor().open(address, method=method, json=body, headers=self.headers)


def open_shop(site: Site, raw_role: dict[str, Any]) -> Attack:
    """Publish the forms and the role; one customer with an order, one more deleted, two stores."""
    owner = system_access("en")
    with site.database.workspace_tx(site.workspace) as uow:
        customers = {**FORMS[1], "fields": [*FORMS[1]["fields"], CARD]}
        publish_forms(uow, (FORMS[0], customers, FORMS[2]))
        east = units.create_unit(uow, owner, UnitValues("E", "East")).id
        west = units.create_unit(uow, owner, UnitValues("W", "West")).id
        person = {"name": "张三", "mobile": SECRET, "email": MAIL, "birthday": "1990-05-17"}
        customer = create_record(uow, owner, "customers", person, origin=API).id
        update_record(uow, owner, "customers", customer, {"tags": ["vip"]}, origin=API)
        rows = [{"quantity": 2, "price": "10"}]
        order = create_record(
            uow, owner, "orders", {"customer": customer, "items": rows}, origin=API
        ).id
        gone = create_record(
            uow, owner, "customers", {"name": "李四", "mobile": "13877776667"}, origin=API
        ).id
        delete_record(uow, owner, "customers", gone, origin=API)
        store.save_draft(uow, owner, "role", raw_role)
        store.publish(uow, owner, [("role", raw_role["key"])])
    headers = site.token(raw_role["key"])
    return Attack(site, headers, customer, order, gone, east, west)
