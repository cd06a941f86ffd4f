"""Public forms for outside clients: definitions, links, posters."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.public_forms import links
from regulars.form_builder.public_forms.kind import KIND
from regulars.form_builder.public_forms.links import EDIT, Link
from regulars.form_builder.web.public_forms.blueprints import api
from regulars.form_builder.web.public_forms.posters import PDF, PNG, code_answer, poster_answer
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    COUNT,
    ID,
    PUBLISHED,
    STATE_QUERY,
    TEXT,
    Schema,
    array,
    definition_of,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.headers import public_url

PUBLIC_FORM = definition_of(KIND)
_STORED: Schema = {
    "type": "object",
    "properties": {"key": TEXT, "version": ID},
    "required": ["key"],
}
STORED = named("StoredPublicForm", _STORED)
LINK: Schema = named(
    "PublicLink",
    obj({
        "id": ID, "unit": nullable(ID), "store": TEXT, "url": TEXT, "state": TEXT,
        "received": COUNT, "known": COUNT,
    }),
)  # fmt: skip
WANTED = obj({"units": array(nullable(ID))})
STATE = obj({"state": one_of(*links.STATES)})


@api.get("/public-forms")
@workspace_api("read_records")
@describe("public-forms", listing("public_forms", STORED), query=STATE_QUERY)
def list_public_forms(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published public form that this key may read; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"public_forms": definition_answers.drafts(uow, access, KIND)}
    return {"public_forms": definition_answers.published(uow, access, KIND)}


@api.post("/public-forms")
@workspace_api(EDIT)
@describe("public-forms", {201: PUBLIC_FORM}, body=PUBLIC_FORM, tagged="draft")
def create_public_form(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new public form as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, KIND)


@api.get("/public-forms/<key>")
@workspace_api("read_records")
@describe("public-forms", PUBLIC_FORM, query=STATE_QUERY, tagged="draft")
def get_public_form(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published public form, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, KIND, key)


@api.put("/public-forms/<key>")
@workspace_api(EDIT)
@describe("public-forms", {200: PUBLIC_FORM, 201: PUBLIC_FORM}, body=PUBLIC_FORM, tagged="draft")
def put_public_form(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, KIND, key)


@api.post("/public-forms/<key>/publish")
@workspace_api(EDIT)
@describe("public-forms", PUBLISHED)
def publish_public_form(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem. Its links show it at once."""
    return definition_answers.publish(uow, access, KIND, key)


@api.delete("/public-forms/<key>")
@workspace_api(EDIT)
@describe("public-forms", {204: None})
def archive_public_form(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a public form out of use; its links lead nowhere from then on."""
    store.archive(uow, access, KIND, key)
    return Response(status=204)


@api.get("/public-forms/<key>/links")
@workspace_api(EDIT)
@describe("public-forms", listing("links", LINK))
def list_links(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The links of a public form, with how many records came in through each."""
    return _links(links.list_links(uow, access, key))


@api.post("/public-forms/<key>/links")
@workspace_api(EDIT)
@describe("public-forms", {201: named("PublicLinks", obj({"links": array(LINK)}))}, body=WANTED)
def make_links(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Make a link for each of these stores that has none; ``null`` is the shop as a whole."""
    units = read_shaped(request, WANTED)["units"]
    return _links(links.make_links(uow, access, key, units)), 201


@api.patch("/public-forms/<key>/links/<int:number>")
@workspace_api(EDIT)
@describe("public-forms", LINK, body=STATE)
def set_link_state(uow: UnitOfWork, access: Access, key: str, number: int) -> ResponseReturnValue:
    """Pause a link, or open it again."""
    state = read_shaped(request, STATE)["state"]
    return _link(links.set_state(uow, access, key, number, state))


@api.get("/public-forms/<key>/links/<int:number>/poster")
@workspace_api(EDIT)
@describe("public-forms", files=(PDF,))
def poster(uow: UnitOfWork, access: Access, key: str, number: int) -> ResponseReturnValue:
    """A poster with the code of a link, as a PDF."""
    return poster_answer(uow, key, [links.get_link(uow, access, key, number)])


@api.get("/public-forms/<key>/links/<int:number>/code")
@workspace_api(EDIT)
@describe("public-forms", files=(PNG,))
def code(uow: UnitOfWork, access: Access, key: str, number: int) -> ResponseReturnValue:
    """The code of a link as a picture."""
    return code_answer(links.get_link(uow, access, key, number))


def _links(found: list[Link]) -> dict[str, Any]:
    return {"links": [_link(each) for each in found]}


def _link(each: Link) -> dict[str, Any]:
    return {
        "id": each.id, "unit": each.unit, "store": each.store, "url": public_url(each.path),
        "state": each.state, "received": each.received, "known": each.known,
    }  # fmt: skip
