"""Tills for outside clients: the definitions, and what a clerk does at one."""

from __future__ import annotations

from flask import Response
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
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict
from regulars.platform.web import definition_answers
from regulars.platform.web.api_route import (
    ID,
    PUBLISHED,
    STATE_QUERY,
    TEXT,
    Schema,
    definition_of,
    describe,
    listing,
    named,
)

TILL = definition_of(KIND)
_STORED: Schema = {
    "type": "object",
    "properties": {"key": TEXT, "version": ID},
    "required": ["key"],
}
STORED = named("StoredTill", _STORED)


class TillExists(Conflict):
    """A till of this key is there already."""

    code = "till-exists"


@api.get("/tills")
@workspace_api("read_records")
@describe("tills", listing("tills", STORED), query=STATE_QUERY)
def list_tills(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published till that this key may read; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"tills": definition_answers.drafts(uow, access, KIND)}
    return {"tills": definition_answers.published(uow, access, KIND)}


@api.post("/tills")
@workspace_api(EDIT)
@describe("tills", {201: TILL}, body=TILL, tagged="draft")
def create_till(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new till as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, KIND, TillExists)


@api.get("/tills/<key>")
@workspace_api("read_records")
@describe("tills", TILL, query=STATE_QUERY, tagged="draft")
def read_till(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published till, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, KIND, key)


@api.put("/tills/<key>")
@workspace_api(EDIT)
@describe("tills", {200: TILL, 201: TILL}, body=TILL, tagged="draft")
def put_till(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, KIND, key)


@api.post("/tills/<key>/publish")
@workspace_api(EDIT)
@describe("tills", PUBLISHED)
def publish_till(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem."""
    return definition_answers.publish(uow, access, KIND, key)


@api.delete("/tills/<key>")
@workspace_api(EDIT)
@describe("tills", {204: None})
def archive_till(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a till out of use."""
    store.archive(uow, access, KIND, key)
    return Response(status=204)


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
