"""The layout editor: one form beside a sheet that follows every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.keys import derive_key
from regulars.form_builder.printing.composing import HEIGHTS, after_wish
from regulars.form_builder.printing.definition import PAPERS, PrintLayout
from regulars.form_builder.printing.kind import KIND, print_problems
from regulars.form_builder.printing.starting import first_blocks
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records
from regulars.form_builder.web.printing.blueprints import prints
from regulars.form_builder.web.printing.editor_view import EditorView
from regulars.form_builder.web.printing.filling import Sheet, fill
from regulars.form_builder.web.printing.layouts import EDIT
from regulars.form_builder.web.printing.posted import bare, layout_from, marked
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import editing, seeing, store
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.i18n import translate
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import label, render

Raw = Mapping[str, Any]
TRIED = 20
"""How many records are offered to try a layout on."""
_NEEDED = {
    "text": ("text",), "code": ("text",), "fields": ("fields",), "table": ("rows", "fields"),
    "picture": ("field",),
}  # fmt: skip


@prints.get("/new/<form_key>")
@workspace_page(EDIT)
def new(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Name a layout and choose its paper."""
    return _new_page(uow, access, form_key)


@prints.post("/new/<form_key>")
@workspace_page(EDIT)
def create(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Begin with a sheet that fits the paper, and open the editor."""
    form = catalog_for(uow, access).get_form(form_key)
    paper, name = request.form.get("paper", ""), request.form.get("label", "").strip()[:200]
    if paper not in PAPERS:
        problem = Problem("paper", "required")
        return _new_page(uow, access, form_key, 422, errors_by_field([problem]))
    words = translate(f"printing.paper.{paper}", access.locale)
    name = name or f"{label(form.label)} · {words}"
    taken = {draft.key for draft in store.list_drafts(uow, KIND)}
    key = derive_key(name, taken, KIND)
    raw = {
        "kind": KIND, "schema": 1, "key": key, "label": name, "form": form_key, "paper": paper,
        "blocks": first_blocks(form, paper),
    }  # fmt: skip
    store.save_draft(uow, access, KIND, raw, tag=0)
    store.publish(uow, access, [(KIND, key)])
    return go_to(url_for("prints.edit", key=key))


@prints.get("/<key>/edit")
@workspace_page(EDIT)
def edit(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The editor of a layout."""
    return _page(uow, access, marked(_stored(uow, access, key)))


@prints.post("/<key>/sketch")
@workspace_page(EDIT, writes=False)
def sketch(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The editor as it follows from what was posted; nothing is saved."""
    posted = layout_from(request.form, _stored(uow, access, key), access.locale)
    return _page(uow, access, after_wish(posted, request.form.get("wish", "")))


@prints.post("/<key>/edit")
@workspace_page(EDIT)
def save(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep the layout and put it to use."""
    posted = layout_from(request.form, _stored(uow, access, key), access.locale)
    raw = bare(posted)
    try:
        if not raw["label"]:
            raise Invalid([Problem("label", "required"), *print_problems({**raw, "label": "x"})])
        editing.edit(uow, access, KIND, key, lambda _before: raw, posted_seen())
        store.publish(uow, access, [(KIND, key)])
    except Invalid as invalid:
        prefix = f"{KIND}/{key}/"
        found = [problem.moved_from(prefix) for problem in invalid.problems]
        return _page(uow, access, posted, found)
    flash("printing.saved", name=label(raw["label"]))
    return go_to(url_for("prints.edit", key=key))


def _stored(uow: UnitOfWork, access: Access, key: str) -> dict[str, Any]:
    seeing.require_seen(uow, access, KIND, key)
    return dict(editing.seen_draft(uow, KIND, key, posted_seen()))


def _page(
    uow: UnitOfWork, access: Access, raw: Raw, problems: Sequence[Problem] = ()
) -> ResponseReturnValue:
    catalog = catalog_for(uow, access)
    form = catalog.forms.get(raw["form"])
    if form is None:
        raise NotFound("no-form", key=raw["form"])
    newest = find_records(uow, access, form.key, RecordQuery(limit=TRIED)).records
    tried = _tried(newest)
    template = "_editor.html" if is_htmx() and not problems else "editor.html"
    return render(
        f"printing/{template}", 422 if problems else 200,
        raw=raw, form=form, view=EditorView(form, catalog, access.locale),
        tag=_tag(uow, raw["key"]), problems=list(problems), errors=errors_by_field(problems),
        records=newest, tried=tried, sheets=_preview(uow, access, raw, tried), heights=HEIGHTS,
    )  # fmt: skip


def _tried(newest: Sequence[Record]) -> int | None:
    """The record that the layout is tried on: the one chosen, else the newest."""
    chosen = request.values.get("try", "")
    known = {str(record.id): record.id for record in newest}
    return known.get(chosen, newest[0].id if newest else None)


def _preview(uow: UnitOfWork, access: Access, raw: Raw, tried: int | None) -> list[Sheet]:
    """The sheet as far as it can be drawn; blocks that still lack something are left out."""
    if tried is None:
        return []
    whole = bare(raw)
    blocks = [b for b in whole["blocks"] if all(b.get(n) for n in _NEEDED.get(b["block"], ()))]
    layout = PrintLayout.from_json({**whole, "label": whole["label"] or "–", "blocks": blocks})
    return fill(uow, access, layout, [tried])


def _tag(uow: UnitOfWork, key: str) -> int | None:
    draft = store.find_draft(uow, KIND, key)
    return posted_seen().tag or (draft.tag if draft is not None else None)


def _new_page(
    uow: UnitOfWork, access: Access, form_key: str, status: int = 200, errors: Any = None
) -> ResponseReturnValue:
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    view = EditorView(form, catalog, access.locale)
    return render("printing/new.html", status, form=form, view=view, errors=errors or {})
