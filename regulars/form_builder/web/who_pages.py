"""The page that says who sees what, and why; and the same for programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import get_record
from regulars.form_builder.web.role_pages import roles
from regulars.form_builder.who_sees import CAPABILITY, Asked, Verdict, who_sees, why
from regulars.platform import i18n
from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.looking import Eyes, named_eyes
from regulars.platform.accounts.roles import VERBS
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_query
from regulars.platform.web.api_route import (
    BOOLEAN,
    ID,
    OBJECT,
    TEXT,
    array,
    describe,
    listing,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.rendering import render

api = Blueprint("who_api", __name__, url_prefix="/api/v1")

ANSWER = obj({"code": TEXT, "holds": BOOLEAN, "text": TEXT}, {"finding": OBJECT})
VERDICT = obj(
    {
        "name": TEXT, "role": TEXT, "member": nullable(ID), "may": BOOLEAN,
        "answers": array(ANSWER),
    }
)  # fmt: skip
QUERY = {"as": TEXT, "form": TEXT, "record": ID, "field": TEXT, "verb": one_of(*VERBS)}


@api.get("/access/why")
@workspace_api(CAPABILITY)
@describe("members", listing("verdicts", VERDICT), query=QUERY)
def explain(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Who may do that, and why: one (``as=member:7``, ``as=clerk``, ``as=clerk@EAST``) or all."""
    given = read_query(request, QUERY)
    if "form" not in given:
        raise Invalid([Problem("form", "required")])
    asked = Asked(
        given["form"], given.get("record"), given.get("field"), given.get("verb", "read")
    )
    if "as" in given:
        found = [why(uow, access, named_eyes(uow, given["as"]), asked)]
    else:
        found = who_sees(uow, access, asked)
    return {"verdicts": [each.as_json(access.locale) for each in found]}


@roles.get("/why", endpoint="why")
@workspace_page(CAPABILITY)
def show(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Choose whom and what; the answer in words."""
    args, catalog = request.args, catalog_for(uow, access)
    forms = [each for each in catalog.forms.values() if access.scope(each.key, "read") != "none"]
    form = catalog.forms.get(args.get("form", ""))
    found: list[Verdict] = []
    errors: dict[str, list[str]] = {}
    title = ""
    if form is not None:
        asked = Asked(
            form.key, _number(args.get("record")),
            args.get("field") if form.find(args.get("field", "")) else None,
            args["verb"] if args.get("verb") in VERBS else "read",
        )  # fmt: skip
        try:
            found = _verdicts(uow, access, asked, _number(args.get("member")))
            if asked.record is not None:
                title = get_record(uow, access, form.key, asked.record).title
        except NotFound as missing:
            errors = {"record": [missing.message(access.locale)]}
    return render(
        "form_builder/who_sees.html",
        422 if errors else 200,
        form=form,
        forms=[(each.key, i18n.pick(each.label, access.locale)) for each in forms],
        fields=[(each.key, i18n.pick(each.name, access.locale)) for each in form.fields]
        if form
        else [],
        members=[(each.id, each.name) for each in members.list_members(uow)],
        verbs=[(each, i18n.translate(f"roles.verb.{each}", access.locale)) for each in VERBS],
        chosen=args,
        verdicts=found,
        title=title,
        errors=errors,
    )


def _verdicts(uow: UnitOfWork, access: Access, asked: Asked, member: int | None) -> list[Verdict]:
    if member is None:
        return who_sees(uow, access, asked)
    return [why(uow, access, Eyes(member_id=member), asked)]


def _number(text: Any) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
