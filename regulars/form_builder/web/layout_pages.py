"""Changing how a list's table is laid out, for oneself: a small post answers with the table."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_layout import change_layout, own_layout
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.record_lists import list_page
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web.htmx import go_to, wants_partial


@records.post("/records/layout")
@workspace_page("read_records")
def lay_out(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take one step with a column, the groups or the sums; the address says which list it is."""
    catalog = catalog_for(uow, access)
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    try:
        change_layout(uow, access, catalog, form, state, request.form)
    except Invalid as invalid:
        return list_page(uow, access, form, state, problems=invalid.problems)
    if request.headers.get("X-Requested-With") == "fetch":
        return Response(status=204)  # the page shows it already
    # what is kept from now on no longer stands in the address
    state = own_layout(uow, access, form, replace(state, columns=(), group="", own={}))
    if wants_partial():
        return list_page(uow, access, form, state)
    return go_to(url_for("records.index", form_key=form_key, **state.arguments))
