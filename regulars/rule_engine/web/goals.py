"""The gallery: what somebody may want to achieve, and a rule for it on the shop's own forms."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine.goals.beginning import begin, glimpse, sheet_of
from regulars.rule_engine.goals.guessing import Sheet, look
from regulars.rule_engine.goals.shelf import list_goals
from regulars.rule_engine.web.blueprints import pages


@pages.get("/rules/gallery")
@workspace_page("edit_rules")
def gallery(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every goal; those that these forms can serve come first."""
    catalog = catalog_for(uow, access)
    sheets = [look(goal, catalog, {}, access.locale) for goal in list_goals(uow)]
    sheets.sort(key=lambda sheet: bool(sheet.unfit))
    return render("rule_engine/gallery.html", sheets=sheets)


@pages.get("/rules/gallery/<key>")
@workspace_page("edit_rules")
def goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """One goal on the shop's forms: what is guessed, what is asked, what it would do."""
    return _page(uow, access, sheet_of(uow, access, key, {}))


@pages.post("/rules/gallery/<key>/look")
@workspace_page("edit_rules", writes=False)
def look_at_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The same with other choices; nothing is kept."""
    return _page(uow, access, sheet_of(uow, access, key, _posted()), part=True)


@pages.post("/rules/gallery/<key>")
@workspace_page("edit_rules")
def begin_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Make the rule as a draft, and let it be tried on the last days."""
    try:
        begun = begin(uow, access, key, _posted())
    except Invalid as invalid:
        sheet = sheet_of(uow, access, key, _posted())
        return _page(uow, access, sheet, status=422, refused=invalid)
    flash("goals.begun")
    return go_to(url_for("rules.compose", key=begun.rule))


def _posted() -> Mapping[str, str]:
    return {name: text for name, text in request.form.items() if name != "csrf_token"}


def _page(
    uow: UnitOfWork, access: Access, sheet: Sheet, *, part: bool = False, status: int = 200,
    refused: Invalid | None = None,
) -> ResponseReturnValue:  # fmt: skip
    seen, wrong = None, refused.problems if refused else sheet.mistakes
    if not sheet.problems:
        try:
            seen = glimpse(uow, access, sheet)
        except Invalid as invalid:
            wrong = invalid.problems
    still = [problem.message(access.locale) for problem in seen.problems] if seen else []
    return render(
        "rule_engine/_goal.html" if part else "rule_engine/goal.html",
        status,
        sheet=sheet,
        is_own=snapshot(uow).find("goal", sheet.goal.key) is not None,
        seen=seen,
        errors=errors_by_field(wrong, [each.place.key for each in sheet.asked]),
        still=still,
    )
