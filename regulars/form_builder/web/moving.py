"""A card that is moved to another lane of a board: one value of its record changes."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.origin import PAGE
from regulars.form_builder.records import update_record
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_shapes import offered_shapes, shape_of
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.record_lists import list_page
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, VersionConflict
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, wants_partial


@records.post("/records/<int:record_id>/move")
@workspace_page("update_records")
def move(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Give the board's field the value ``to``; the address says which board it is."""
    catalog = catalog_for(uow, access)
    form = list_form(uow, access, form_key)
    state = ListState.from_args(form, request.args)
    shape = shape_of(state, form, offered_shapes(form, catalog))
    by = shape.by
    writable = writable_form(access, catalog_of(uow), form_key, is_new=False)
    if shape.kind != "kanban" or by is None or writable.find(by.key) is None:
        raise Invalid([Problem("to", "not-on-a-board")])
    try:
        saved = update_record(
            uow, access, form_key, record_id, {by.key: request.form.get("to") or None},
            origin=PAGE, expected_version=request.form.get("version", type=stored_id),
        )  # fmt: skip
    except VersionConflict:
        return list_page(uow, access, form, state, problems=[Problem("to", "moved-meanwhile")])
    except Invalid as invalid:
        return list_page(uow, access, form, state, problems=invalid.problems)
    if wants_partial():
        return list_page(uow, access, form, state)
    flash("records.saved", title=saved.title)
    return go_to(url_for("records.index", form_key=form_key, **state.arguments))
