"""What a till's device and other programs hand in, and the tills they may use."""

from __future__ import annotations

from flask import request

from regulars.form_builder.tills.definition import Till
from regulars.form_builder.tills.kind import KIND
from regulars.form_builder.tills.selling import Wish
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.web.api_body import read_query, read_shaped
from regulars.platform.web.api_route import ID, TEXT, Schema, array, named, nullable, obj

EDIT = "design_forms"
FIND_QUERY: dict[str, Schema] = {"find": {"type": "string", "minLength": 1, "maxLength": 200}}
_SALE_SHAPE: Schema = obj(
    {
        "key": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,80}$"},
        "amount": {"type": "string", "pattern": "^[0-9]{1,12}(\\.[0-9]{1,4})?$"},
    },
    {
        "person": nullable(ID),
        "offer": nullable(ID),
        "waited": {"type": "integer", "minimum": 0, "maximum": 10**9},
    },
)
SALE = named("TillSale", _SALE_SHAPE)
_FACT = obj({"name": TEXT, "text": TEXT, "tone": TEXT})
_FOUND = obj({"id": ID, "name": TEXT, "facts": array(_FACT)})
PEOPLE = obj({"people": array(_FOUND), "more": {"type": "boolean"}})
_OFFER = obj({"id": ID, "title": TEXT, "facts": array(_FACT), "least": nullable(TEXT)})
CARD = obj({"id": ID, "name": TEXT, "facts": array(_FACT), "offers": array(_OFFER)})
SOLD = obj(
    {"key": TEXT, "sale": nullable(ID), "points": nullable(TEXT), "repeated": {"type": "boolean"}}
)


def get_till(uow: UnitOfWork, key: str) -> Till:
    """A published till; NotFound otherwise."""
    found: Till = snapshot(uow).get(KIND, key)
    return found


def published_tills(uow: UnitOfWork) -> list[Till]:
    """Every published till, in the order of their keys."""
    found = (each.parsed for each in snapshot(uow).items.values() if each.kind == KIND)
    return sorted(found, key=lambda each: each.key)


def asked_find() -> str:
    """What is looked for: the last digits of a number, a whole number, or a code."""
    return str(read_query(request, FIND_QUERY).get("find", ""))


def asked_sale() -> Wish:
    """The sale in this request's body; Invalid with every problem."""
    body = read_shaped(request, _SALE_SHAPE)
    return Wish(
        body["key"], body["amount"], body.get("person"), body.get("offer"), body.get("waited", 0)
    )
