"""A list on paper as it is shown: its columns, its order, its filters and its colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import find_records
from regulars.form_builder.web import filter_words
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_colors import coloring_of
from regulars.form_builder.web.list_lines import columns_at, listing_lines
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.printing.drawing import NoTypesetter, pdf_of_page, typesetter
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import render

MOST = 1000
_UPRIGHT = 5  # columns that fit on a page that stands upright


@records.get("/records/print")
@workspace_page("read_records")
def print_list(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The list ready for the printer of this machine."""
    form = list_form(uow, access, form_key)
    state = ListState.from_args(form, request.args)
    return render(
        "printing/list.html", state=state, makes_pdf=typesetter() is not None,
        no_pdf=NoTypesetter.code, **_sheet(uow, access, form, state),
    )  # fmt: skip


@records.get("/records/print.pdf")
@workspace_page("read_records")
def print_list_pdf(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The same as a file."""
    form = list_form(uow, access, form_key)
    state = ListState.from_args(form, request.args)
    html = render_template("printing/list_document.html", **_sheet(uow, access, form, state))
    answer = Response(pdf_of_page(html), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{form.key}.pdf"'
    return answer


def _sheet(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> dict[str, Any]:
    """What stands on the sheet."""
    catalog = catalog_for(uow, access)
    columns = columns_at(form, catalog, state.columns_of(form, catalog))
    coloring = coloring_of(uow, access, form, state)
    query = replace(coloring.marking(state.query(form, MOST)), offset=0)
    page = find_records(uow, access, form.key, query)
    lines = listing_lines(uow, access, form, columns, page.records)
    paths = [column.path for column in columns]
    return {
        "form": form,
        "view": state.view_of(form).get("label"),
        "words": [each.text for each in filter_words.chips(uow, access, form, state)],
        "columns": columns,
        "lines": [coloring.painted(line.record, paths, line.drawn) for line in lines],
        "titles": [line.record.title for line in lines],
        "legend": coloring.legend,
        "now": uow.now,
        "left_out": max(0, (page.total or 0) - len(lines)),
        "paper": "a4" if len(columns) <= _UPRIGHT else "a4_wide",
    }
