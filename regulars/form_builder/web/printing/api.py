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
from regulars.platform.errors import Conflict
from regulars.platform.web.api_body import read_query
from regulars.platform.web.api_route import ID, Schema, array, describe
from regulars.platform.web.definition_routes import DefinitionRoutes, add_definition_routes


class PrintExists(Conflict):
    """A print layout of this key is there already."""

    code = "print-exists"


PRINT_QUERY: dict[str, Schema] = {"record": {**array(ID), "minItems": 1, "maxItems": MOST_SHEETS}}


add_definition_routes(
    api,
    DefinitionRoutes(
        KIND, "print layout", reading="read_records", keeping=EDIT, name="print", taken=PrintExists
    ),
)


@api.get("/prints/<key>/pdf")
@workspace_api("read_records")
@describe("prints", files=("application/pdf",), query=PRINT_QUERY)
def print_pdf(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Records on paper, one sheet each: ``record`` names them by number, ``1,2,3``."""
    asked = read_query(request, PRINT_QUERY)
    sheets = fill(uow, access, get_layout(uow, key), asked.get("record", []))
    return Response(pdf_of(sheets), mimetype="application/pdf")
