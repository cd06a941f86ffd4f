"""Tills for outside clients: the definitions, and what a clerk does at one."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from regulars.form_builder.origin import API
from regulars.form_builder.tills.kind import KIND
from regulars.form_builder.tills.selling import record_sale
from regulars.form_builder.web.tills.asked import (
    CARD,
    EDIT,
    FIND_QUERY,
    PEOPLE,
    SALE,
    SOLD,
    asked_find,
    asked_sale,
    get_till,
)
from regulars.form_builder.web.tills.blueprints import api
from regulars.form_builder.web.tills.showing import card_json, people_json, sold_json
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.platform.web.api_route import describe
from regulars.platform.web.definition_routes import DefinitionRoutes, add_definition_routes


class TillExists(Conflict):
    """A till of this key is there already."""

    code = "till-exists"


add_definition_routes(
    api, DefinitionRoutes(KIND, "till", reading="read_records", keeping=EDIT, taken=TillExists)
)


@api.get("/tills/<key>/people")
@workspace_api("read_records")
@describe("tills", PEOPLE, query=FIND_QUERY)
def find_people(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Who it may be: ``find`` is the last four digits of a phone number, a whole code, or letters
    of the name (Chinese by its pinyin, too)."""
    return people_json(uow, access, get_till(uow, key), asked_find())


@api.get("/tills/<key>/people/<int:record_id>")
@workspace_api("read_records")
@describe("tills", CARD)
def show_person(uow: UnitOfWork, access: Access, key: str, record_id: int) -> ResponseReturnValue:
    """What a clerk is shown of a person, and what they may hand in now."""
    return card_json(uow, access, get_till(uow, key), record_id)


@api.post("/tills/<key>/sales")
@workspace_api("create_records")
@describe("tills", {201: SOLD}, body=SALE)
def sell(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Record a sale, what was handed in and the points for it: all of it or nothing, once per key.

    409 ``till-offer-taken`` when the coupon does not count any more. A repeated key answers what
    was recorded the first time.
    """
    asked = asked_sale()
    sold = record_sale(uow, access, get_till(uow, key), asked, origin=API)
    return sold_json(sold), 201
