"""Public forms for outside clients: definitions, links, posters."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder.public_forms import links
from regulars.form_builder.public_forms.kind import KIND
from regulars.form_builder.public_forms.links import EDIT, Link
from regulars.form_builder.web.public_forms.blueprints import api
from regulars.form_builder.web.public_forms.posters import PDF, PNG, code_answer, poster_answer
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    COUNT,
    ID,
    TEXT,
    Schema,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.definition_routes import DefinitionRoutes, add_definition_routes
from regulars.platform.web.headers import public_url

LINK: Schema = named(
    "PublicLink",
    obj({
        "id": ID, "unit": nullable(ID), "store": TEXT, "url": TEXT, "state": TEXT,
        "received": COUNT, "known": COUNT,
    }),
)  # fmt: skip
WANTED = obj({"units": array(nullable(ID))})
STATE = obj({"state": one_of(*links.STATES)})


add_definition_routes(
    api,
    DefinitionRoutes(
        KIND, "public form", reading="read_records", keeping=EDIT,
        more={"publish": "Its links show it at once.",
              "archive": "Its links lead nowhere from then on."},
    ),
)  # fmt: skip


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
