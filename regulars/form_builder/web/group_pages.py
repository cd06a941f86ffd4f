"""What stands below the heading of a group: the next groups, or the records themselves."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import find_records
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_colors import coloring_of
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_lines import columns_at, laid_columns, listing_lines, painted
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_sums import footed
from regulars.form_builder.web.list_views import list_form
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import render


@records.get("/records/inside")
@workspace_page("read_records")
def inside_group(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Rows for the table: headings where the address still names groups, else a page of lines."""
    catalog = catalog_for(uow, access)
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    columns = columns_at(form, catalog, state.columns_of(form, catalog))
    columns = laid_columns(uow, access, form, columns, state)
    may_edit = any(not each.closed for each in columns)
    sums = footed(uow, access, catalog, form, state, [each.path for each in columns])
    if sums is not None and sums.by:
        return render(
            "form_builder/_group_rows.html", sums=sums, columns=columns, may_edit=may_edit
        )
    coloring = coloring_of(uow, access, form, state)
    query = coloring.marking(replace(state.query(form), count=False))
    page = find_records(uow, access, form_key, query)
    lines = listing_lines(uow, access, form, columns, page.records)
    more = replace(state, page=state.page + 1).inside_url() if page.next else ""
    return render(
        "form_builder/_inside_group.html", columns=columns, more=more, may_edit=may_edit,
        lines=painted(coloring, columns, lines),
    )  # fmt: skip
