"""Saving what a list shows as a view for everybody, and removing one."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import edits, service
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import Form
from regulars.form_builder.web import filters
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_shapes import Shape, offered_shapes, shape_of
from regulars.form_builder.web.list_state import ListState
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to


@records.post("/views")
@workspace_page("design_forms")
def save_view(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Keep columns, filter and order under a name, as a tab above the list."""
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    label = request.form.get("label", "").strip()[:60]
    if not label:
        raise Invalid([Problem("label", "required")])
    state = ListState.from_args(form, request.form)
    shape = shape_of(state, form, offered_shapes(form, catalog))
    view = view_of(state, form, label, state.columns_of(form, catalog), shape)
    published = service.change_views(uow, access, form_key, lambda raw: edits.add_view(raw, view))
    return _back(uow, form_key, published, "records.view-saved", label)


@records.post("/views/<view_key>/remove")
@workspace_page("design_forms")
def remove_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Take a saved view away; the records stay."""

    def step(raw: Form) -> Form:
        return edits.remove_view(raw, view_key)

    published = service.change_views(uow, access, form_key, step)
    return _back(uow, form_key, published, "records.view-removed", view_key)


def view_of(
    state: ListState, form: FormDefinition, label: str, columns: list[str], shape: Shape
) -> dict[str, Any]:
    """The view that shows what the list shows now."""
    view: dict[str, Any] = {"label": label, "type": shape.kind, "columns": columns}
    if shape.by is not None:
        view["by"] = shape.by.key
    where = filters.both(state.view_of(form).get("where"), state.filter)
    if where:
        view["where"] = where
    sort = state.sort_of(form)
    if sort:
        view["sort"] = list(sort)
    return view


def _back(
    uow: UnitOfWork, form_key: str, published: bool, words: str, name: str
) -> ResponseReturnValue:
    if not published:
        flash("records.view-waits", "info")
        return go_to(url_for("records.index", form_key=form_key))
    flash(words, name=name)
    views = catalog_of(uow).get_form(form_key).views
    newest = views[-1]["key"] if views and words == "records.view-saved" else None
    return go_to(url_for("records.index", form_key=form_key, view=newest))
