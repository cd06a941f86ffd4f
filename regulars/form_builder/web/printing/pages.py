"""Pages of print layouts: those of a workspace, and records on paper."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.printing.definition import PrintLayout
from regulars.form_builder.printing.kind import KIND
from regulars.form_builder.records import find_records
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.printing import api as api_routes
from regulars.form_builder.web.printing import editor_pages, list_pages
from regulars.form_builder.web.printing.blueprints import api, prints
from regulars.form_builder.web.printing.drawing import NoTypesetter, pdf_of, typesetter
from regulars.form_builder.web.printing.filling import MOST_SHEETS, Sheet, fill
from regulars.form_builder.web.printing.layouts import EDIT, get_layout, may_edit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.web.addresses import stored_ids
from regulars.platform.web.definition_homes import DefinitionHome
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import label, render

MODULES = (api_routes, editor_pages, list_pages)
BLUEPRINTS = (prints, api)
HOME = DefinitionHome(KIND, "prints.index", "printing.layouts", "prints.edit", "prints.edit")


@prints.get("")
@workspace_page(EDIT)
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every layout; ``?form=`` those of one form."""
    form_key = request.args.get("form", "")
    drafts = seeing.seen_drafts(uow, access, KIND)
    shown = [each for each in drafts if not form_key or each.raw.get("form") == form_key]
    forms = catalog_of(uow).forms
    return render(
        "printing/layouts.html", drafts=shown, forms=forms, form=forms.get(form_key),
    )  # fmt: skip


@prints.post("/<key>/archive")
@workspace_page(EDIT)
def archive(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a layout out of use."""
    seeing.require_seen(uow, access, KIND, key)
    name = label(store.get_draft(uow, KIND, key).raw.get("label"))
    store.archive(uow, access, KIND, key)
    flash("printing.archived", name=name)
    return go_to(url_for("prints.index"))


@prints.get("/<key>/sheets")
@workspace_page("read_records")
def show(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Records as they come out of the printer: ``?record=`` names them."""
    ids = stored_ids(request.args.getlist("record"))
    return _sheets(uow, access, get_layout(uow, key), ids)


@prints.get("/<key>/list")
@workspace_page("read_records")
def show_list(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The records that a list shows, with its words, view, filter and order."""
    layout = get_layout(uow, key)
    form = list_form(uow, access, layout.form)
    query = ListState.from_args(form, request.args).query(form, MOST_SHEETS)
    page = find_records(uow, access, form.key, query)
    left_out = max(0, (page.total or 0) - len(page.records))
    return _sheets(uow, access, layout, [record.id for record in page.records], left_out)


@prints.get("/<key>/sheets.pdf")
@workspace_page("read_records")
def pdf(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The same sheets as a file."""
    ids = stored_ids(request.args.getlist("record"))
    answer = Response(pdf_of(fill(uow, access, get_layout(uow, key), ids)), mimetype=PDF)
    answer.headers["Content-Disposition"] = f'inline; filename="{key}.pdf"'
    return answer


PDF = "application/pdf"


def _sheets(
    uow: UnitOfWork, access: Access, layout: PrintLayout, ids: Sequence[int], left_out: int = 0
) -> ResponseReturnValue:
    sheets: list[Sheet] = fill(uow, access, layout, ids) if ids else []
    return render(
        "printing/sheets.html", layout=layout, sheets=sheets, ids=ids, left_out=left_out,
        form=catalog_for(uow, access).get_form(layout.form),
        makes_pdf=typesetter() is not None, no_pdf=NoTypesetter.code,
        edits=may_edit(uow, access, layout.key),
    )  # fmt: skip
