"""The blueprint of a workspace's settings, and its own page: name, zone, currency, language."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import strictness
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.accounts.web.shop_form import shop_from_form, shop_options
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import LeapDay
from regulars.platform.problems import under
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.platform.workspaces import update_workspace

blueprint = Blueprint("settings", __name__, url_prefix="/w/<workspace>/settings")


@blueprint.get("")
@workspace_page("manage_workspace")
def workspace(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The page."""
    return _page(uow)


@blueprint.post("")
@workspace_page("manage_workspace", writes=False)
def save_workspace(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Change the settings; days of reports begin at the new zone's midnight from now on."""
    form = shop_from_form(request.form)
    wanted = replace(
        uow.workspace,
        name=form.name.strip(),
        zone=form.zone,
        currency=form.currency,
        week_start=form.week_start,
        locale=request.form.get("locale", ""),
        leap_day=cast("LeapDay", request.form.get("leap_day", uow.workspace.leap_day)),
    )
    try:
        update_workspace(uow.database, wanted)
    except Invalid as invalid:
        return _page(uow, 422, errors_by_field(under("shop", invalid.problems)))
    flash("common.saved")
    return go_to(url_for("settings.workspace"))


@blueprint.post("/security")
@confirmed
@workspace_page("manage_workspace", writes=False)
def save_security(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Whether owners sign in with a second step here; it holds from their next page on."""
    with uow.database.main_tx() as connection:
        strictness.set_strict(
            connection, uow.workspace, "owners_need_second_factor" in request.form
        )
    flash("common.saved")
    return go_to(url_for("settings.workspace"))


def _page(
    uow: UnitOfWork, status: int = 200, errors: dict[str, list[str]] | None = None
) -> ResponseReturnValue:
    with uow.database.main_tx(write=False) as connection:
        strict = strictness.is_strict(connection, uow.workspace)
    return render(
        "accounts/workspace.html",
        status,
        values=request.form,
        errors=errors or {},
        options=shop_options(),
        place=uow.workspace,
        strict=strict,
    )
