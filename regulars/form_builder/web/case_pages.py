"""The pages of access cases: all of them with what came out, and keeping a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from regulars.form_builder.access_cases import service
from regulars.form_builder.access_cases.judging import judge_all
from regulars.form_builder.access_cases.service import (
    CAPABILITY,
    ELSEWHERE,
    EXPECTATIONS,
    AccessCase,
)
from regulars.form_builder.access_cases.wording import role_words, spelled_out
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.web.role_pages import roles
from regulars.platform import i18n
from regulars.platform.accounts import members, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import VERBS
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render

Errors = Mapping[str, list[str]]
Options = list[tuple[str, str]]
INPUTS = ("who", "verb", "field", "which", "record", "expect", "label")


@dataclass(frozen=True)
class Sheet:
    """What a new case may choose from, for one form."""

    form: FormDefinition
    who: Options
    verbs: Options
    fields: Options
    which: Options
    expects: list[tuple[str, str, str]]  # with a line of help


@roles.get("/cases", endpoint="cases")
@workspace_page(CAPABILITY)
def show_cases(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every case, run now; those that do not hold stand first."""
    found = judge_all(uow, service.list_cases(uow, access), access.locale, access)
    order = {"broken": 0, "void": 1, "holds": 2}
    told = [
        (each, spelled_out(uow, each.case, access.locale))
        for each in sorted(found, key=lambda each: order[each.state])
    ]
    return render(
        "form_builder/access_cases.html", cases=told, forms=_forms(uow, access),
        broken=sum(each.state == "broken" for each in found),
    )  # fmt: skip


@roles.get("/cases/new")
@workspace_page(CAPABILITY)
def new_case(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The sheet of a new case; what is asked for in the address is filled in."""
    return _page(uow, access, request.args, {})


@roles.post("/cases/new")
@workspace_page(CAPABILITY)
def keep_case(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a case and show at once whether it holds."""
    form = catalog_for(uow, access).get_form(request.form.get("form", ""))
    try:
        made = service.keep_case(uow, access, _case_from(request.form, form))
    except Invalid as invalid:
        moved = {"where": "which"}
        problems = [
            each.moved_from("where/") if each.path.startswith("where/") else each
            for each in invalid.problems
        ]
        errors = errors_by_field(problems, INPUTS)
        return _page(uow, access, request.form, {moved.get(k, k): v for k, v in errors.items()})
    flash("access-cases.kept")
    return go_to(url_for("roles.cases", _anchor=f"case-{made.id}"))


@roles.post("/cases/<int:case_id>/remove")
@workspace_page(CAPABILITY)
def drop_case(uow: UnitOfWork, access: Access, case_id: int) -> ResponseReturnValue:
    """Take a case away."""
    service.drop_case(uow, access, case_id)
    flash("access-cases.dropped")
    return go_to(url_for("roles.cases"))


def _case_from(post: MultiDict[str, str], form: FormDefinition) -> AccessCase:
    which, number = post.get("which", ""), post.get("record", "").strip()
    record = int(number) if number.isdecimal() and len(number) < 19 else 0
    return AccessCase(
        post.get("who", ""), form.key,
        "allowed" if post.get("expect") == "allowed" else "refused",
        post.get("verb", "read"), record if which == "record" else None,
        _condition_of(which, form), post.get("field") or None, post.get("label", "").strip(),
    )  # fmt: skip


def _condition_of(which: str, form: FormDefinition) -> Mapping[str, Any] | None:
    """What a choice among the records means: other stores, one store, a saved view."""
    kind, _colon, name = which.partition(":")
    if kind == "elsewhere":
        return ELSEWHERE
    if kind == "store" and name.isdecimal() and len(name) < 19:
        return {"field": "unit", "op": "is", "value": int(name)}
    if kind == "view":
        return next((each["where"] for each in form.views if each["key"] == name), None)
    return None


def _page(
    uow: UnitOfWork, access: Access, chosen: MultiDict[str, str], errors: Errors
) -> ResponseReturnValue:
    form = catalog_for(uow, access).get_form(chosen.get("form", ""))
    return render(
        "form_builder/access_case.html", 422 if errors else 200, sheet=_sheet(uow, access, form),
        chosen=chosen, errors=errors,
    )  # fmt: skip


def _sheet(uow: UnitOfWork, access: Access, form: FormDefinition) -> Sheet:
    say, locale = i18n.translate, access.locale
    people = [
        (f"member:{each.id}", each.name) for each in members.list_members(uow) if each.active
    ]
    held = [(key, _as_role(uow, key, locale)) for key in access.roles]
    stores = [
        (f"store:{each.id}", say("access-cases.which.store", locale, store=each.name))
        for each in units.list_units(uow)
    ]
    views = [
        (f"view:{each['key']}", say("access-cases.which.view", locale, view=_view(each, locale)))
        for each in form.views
        if each.get("where")
    ]
    fixed = [(each, say(f"access-cases.which.{each}", locale)) for each in _WHICH]
    return Sheet(
        form, [*people, *held],
        [(each, say(f"roles.verb.{each}", locale)) for each in VERBS],
        [(each.key, i18n.pick(each.name, locale)) for each in form.fields],
        [*fixed, *(stores if len(stores) > 1 else []), *views],
        [(each, say(f"access-cases.expect.{each}", locale), "") for each in EXPECTATIONS],
    )  # fmt: skip


_WHICH = ("any", "elsewhere", "record")


def _as_role(uow: UnitOfWork, key: str, locale: str) -> str:
    return i18n.translate("access-cases.role", locale, role=role_words(uow, key, locale))


def _view(view: Mapping[str, Any], locale: str) -> str:
    return i18n.pick(view.get("label"), locale) or str(view["key"])


def _forms(uow: UnitOfWork, access: Access) -> Options:
    return [
        (each.key, i18n.pick(each.label, access.locale))
        for each in catalog_for(uow, access).forms.values()
        if access.scope(each.key, "read") != "none"
    ]
