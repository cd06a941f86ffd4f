"""The API of access cases: keep them, run them, take them away."""

from __future__ import annotations

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.access_cases import service
from regulars.form_builder.access_cases.judging import judge_all
from regulars.form_builder.access_cases.service import CAPABILITY, EXPECTATIONS, AccessCase
from regulars.form_builder.access_cases.wording import case_json
from regulars.form_builder.api_schemas import CONDITION
from regulars.form_builder.web.who_pages import api
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import VERBS
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    ID,
    INSTANT,
    TEXT,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)

_TERMS = {
    "label": TEXT, "verb": one_of(*VERBS), "record": nullable(ID), "where": nullable(CONDITION),
    "field": nullable(TEXT),
}  # fmt: skip
_WISH = obj({"who": TEXT, "form": TEXT, "expect": one_of(*EXPECTATIONS)}, _TERMS)
WISH = named("AccessCaseWish", _WISH)
RESULT = obj(
    {
        "state": one_of("holds", "broken", "void"), "code": TEXT, "text": TEXT,
        "records": array(ID),
    }
)  # fmt: skip
CASE = named(
    "AccessCase",
    obj(
        {
            "id": ID, "who": TEXT, "form": TEXT, "expect": one_of(*EXPECTATIONS), **_TERMS,
            "sentence": TEXT, "kept_at": INSTANT, "kept_by": TEXT, "result": RESULT,
        }
    ),
)  # fmt: skip


@api.get("/access/cases")
@workspace_api(CAPABILITY)
@describe("roles", listing("cases", CASE))
def list_cases(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every access case, run now: ``result.state`` is ``holds``, ``broken`` or ``void``."""
    found = judge_all(uow, service.list_cases(uow, access), access.locale, access)
    return {"cases": [case_json(uow, each, access.locale) for each in found]}


@api.post("/access/cases")
@workspace_api(CAPABILITY)
@describe("roles", {201: CASE}, body=WISH)
def keep_case(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a case; it is run at once, and before every role and form is published."""
    wanted = AccessCase.from_json(read_shaped(request, _WISH))
    made = service.keep_case(uow, access, wanted)
    (found,) = judge_all(uow, [made], access.locale, access)
    where = {"Location": url_for("who_api.get_case", case_id=made.id)}
    return case_json(uow, found, access.locale), 201, where


@api.get("/access/cases/<int:case_id>")
@workspace_api(CAPABILITY)
@describe("roles", CASE)
def get_case(uow: UnitOfWork, access: Access, case_id: int) -> ResponseReturnValue:
    """One case, run now."""
    (found,) = judge_all(uow, [service.get_case(uow, access, case_id)], access.locale, access)
    return case_json(uow, found, access.locale)


@api.delete("/access/cases/<int:case_id>")
@workspace_api(CAPABILITY)
@describe("roles", {204: None})
def drop_case(uow: UnitOfWork, access: Access, case_id: int) -> ResponseReturnValue:
    """Take a case away."""
    service.drop_case(uow, access, case_id)
    return Response(status=204)
