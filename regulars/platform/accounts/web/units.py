"""Stores and departments as a tree."""

from __future__ import annotations

from dataclasses import asdict

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.units import Unit, UnitValues
from regulars.platform.accounts.web.settings import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web.addresses import stored_ids
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render


@blueprint.get("/units", endpoint="units")
@workspace_page("manage_units")
def show_units(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """All of them."""
    return render("accounts/units.html", units=units.list_units(uow))


@blueprint.get("/units/new")
@workspace_page("manage_units")
def new_unit(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """An empty form."""
    return _form_page(uow, None, {})


@blueprint.post("/units/new")
@workspace_page("manage_units")
def create_unit(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Open one."""
    try:
        made = units.create_unit(uow, access, _values(active=True))
    except Invalid as invalid:
        return _form_page(uow, None, errors_by_field(invalid.problems), 422)
    flash("accounts.unit-opened", name=made.name)
    return go_to(url_for("settings.units"))


@blueprint.get("/units/<int:unit_id>")
@workspace_page("manage_units")
def unit(uow: UnitOfWork, access: Access, unit_id: int) -> ResponseReturnValue:
    """One of them."""
    return _form_page(uow, units.get_unit(uow, unit_id), {})


@blueprint.post("/units/<int:unit_id>")
@workspace_page("manage_units")
def save_unit(uow: UnitOfWork, access: Access, unit_id: int) -> ResponseReturnValue:
    """Rename, move, close, reopen."""
    found = units.get_unit(uow, unit_id)
    try:
        units.update_unit(uow, access, unit_id, _values(active="active" in request.form))
    except Invalid as invalid:
        return _form_page(uow, found, errors_by_field(invalid.problems), 422)
    flash("common.saved")
    return go_to(url_for("settings.units"))


def _values(*, active: bool) -> UnitValues:
    form = request.form
    parent = form.get("parent", "")
    return UnitValues(
        code=form.get("code", ""),
        name=form.get("name", ""),
        parent=next(iter(stored_ids([parent])), None),
        active=active,
    )


def _form_page(
    uow: UnitOfWork, found: Unit | None, errors: dict[str, list[str]], status: int = 200
) -> ResponseReturnValue:
    every = units.list_units(uow)
    below = units.with_descendants(every, [found.id]) if found else ()
    return render(
        "accounts/unit.html",
        status,
        unit=found,
        values=request.form or (asdict(found) if found else {}),
        errors=errors,
        parents=[each for each in every if each.id not in below],
    )
