"""Print layouts for outside clients, and records printed by them."""

from __future__ import annotations

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.printing.kind import KIND
from regulars.form_builder.web.printing.blueprints import api
from regulars.form_builder.web.printing.drawing import pdf_of
from regulars.form_builder.web.printing.filling import MOST_SHEETS, fill
from regulars.form_builder.web.printing.layouts import EDIT, get_layout
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_query
from regulars.platform.web.api_route import (
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
)

LAYOUT = definition_of(KIND)
_STORED: Schema = {
    "type": "object",
    "properties": {"key": TEXT, "version": ID},
    "required": ["key"],
}
STORED = named("StoredPrint", _STORED)


class PrintExists(Conflict):
    """A print layout of this key is there already."""

    code = "print-exists"


PRINT_QUERY: dict[str, Schema] = {"record": {**array(ID), "minItems": 1, "maxItems": MOST_SHEETS}}


@api.get("/prints")
@workspace_api("read_records")
@describe("prints", listing("prints", STORED), query=STATE_QUERY)
def list_prints(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published print layout that this key may read; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"prints": definition_answers.drafts(uow, access, KIND)}
    return {"prints": definition_answers.published(uow, access, KIND)}


@api.post("/prints")
@workspace_api(EDIT)
@describe("prints", {201: LAYOUT}, body=LAYOUT, tagged="draft")
def create_print(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new layout as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, KIND, PrintExists)


@api.get("/prints/<key>")
@workspace_api("read_records")
@describe("prints", LAYOUT, query=STATE_QUERY, tagged="draft")
def get_print(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published layout, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, KIND, key)


@api.put("/prints/<key>")
@workspace_api(EDIT)
@describe("prints", {200: LAYOUT, 201: LAYOUT}, body=LAYOUT, tagged="draft")
def put_print(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, KIND, key)


@api.post("/prints/<key>/publish")
@workspace_api(EDIT)
@describe("prints", PUBLISHED)
def publish_print(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem."""
    return definition_answers.publish(uow, access, KIND, key)


@api.delete("/prints/<key>")
@workspace_api(EDIT)
@describe("prints", {204: None})
def archive_print(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a layout out of use."""
    store.archive(uow, access, KIND, key)
    return Response(status=204)


@api.get("/prints/<key>/pdf")
@workspace_api("read_records")
@describe("prints", files=("application/pdf",), query=PRINT_QUERY)
def print_pdf(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Records on paper, one sheet each: ``record`` names them by number, ``1,2,3``."""
    asked = read_query(request, PRINT_QUERY)
    sheets = fill(uow, access, get_layout(uow, key), asked.get("record", []))
    return Response(pdf_of(sheets), mimetype="application/pdf")
