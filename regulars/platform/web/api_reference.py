"""The document of the API: as JSON for programs, as a page for people."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, current_app, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import (
    current_places,
    signed_in_page,
    workspace_api,
    workspace_page,
)
from regulars.platform.accounts.users import User
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.web import api_page, openapi
from regulars.platform.web.api_route import OBJECT, describe
from regulars.platform.web.headers import public_url
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render

api = Blueprint("api_reference", __name__, url_prefix=openapi.PREFIX)
blueprint = Blueprint("api_pages", __name__, url_prefix="/w/<workspace>/api")


@api.get("/openapi.json")
@workspace_api("enter")
@describe("reference", OBJECT)
def document(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """This document: every route, with the records of each form of this workspace."""
    return _as_file(uow, access)


@api.get("/docs")
@signed_in_page
def find_page(person: User) -> ResponseReturnValue:
    """The page for people, in the first of their workspaces."""
    places = current_places()
    if not places:
        raise NotFound("no-workspace-yet")
    return go_to(url_for("api_pages.show", workspace=places[0].key))


@blueprint.get("")
@workspace_page("enter")
def show(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Everything programs can do here, to read and to copy from."""
    server = public_url(openapi.PREFIX)
    return render(
        "api/reference.html",
        areas=api_page.areas(current_app, server, access.locale),
        forms=api_page.shown_forms(uow, access),
        server=server,
    )


@blueprint.get("/openapi.json")
@workspace_page("enter")
def download(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The document for a signed-in member who builds something with it."""
    return _as_file(uow, access)


def _as_file(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    answer = jsonify(document_of(uow, access))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:16])
    return answer.make_conditional(request)


def document_of(uow: UnitOfWork, access: Access) -> dict[str, Any]:
    """The document as this reader may see it."""
    server = public_url(openapi.PREFIX)
    return openapi.document(current_app, uow, access, server)
