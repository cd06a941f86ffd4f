"""The report editor: one form whose picture follows every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.keys import derive_key
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import editing, seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import formats, render
from regulars.report_builder.analyses.base import analyses
from regulars.report_builder.service import (
    EDIT,
    KIND,
    parse_inline,
    publish_report,
    run_report,
    save_report,
)
from regulars.report_builder.sketch import Sketch, definition_of, sketch_of
from regulars.report_builder.web.blueprints import reports
from regulars.report_builder.web.editor_view import EditorView
from regulars.report_builder.web.posted_sketch import leaves_from, sketch_from, tidied
from regulars.report_builder.web.shown import Shown, show

Raw = Mapping[str, Any]


@reports.get("/new")
@workspace_page(EDIT)
def new(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """An empty editor; ``?form=`` and ``?analysis=`` are a first choice."""
    analysis = request.args.get("analysis", "")
    sketch = Sketch(
        source=request.args.get("form", ""), analysis=analysis if analysis in analyses else ""
    )
    return _page(uow, access, "", sketch)


@reports.post("/new")
@workspace_page(EDIT)
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Save a new report under a key made of its name."""
    sketch = sketch_from(request.form)
    taken = {draft.key for draft in store.list_drafts(uow, KIND)}
    return _save(uow, access, "", (derive_key(sketch.label, taken, "report"), sketch))


@reports.get("/<report_key>/edit")
@workspace_page(EDIT)
def edit(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """The editor of an existing report."""
    seeing.require_seen(uow, access, KIND, report_key)
    raw = store.get_draft(uow, KIND, report_key).raw
    return _page(
        uow, access, report_key, sketch_of(raw, i18n.pick(raw.get("label"), access.locale))
    )


@reports.post("/<report_key>/edit")
@workspace_page(EDIT)
def save(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """Save the report: as a draft, or published."""
    seeing.require_seen(uow, access, KIND, report_key)
    return _save(uow, access, report_key, (report_key, sketch_from(request.form)))


@reports.post("/sketch")
@workspace_page(EDIT, writes=False)
def sketch(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The editor as it follows from what was posted; nothing is saved."""
    return _page(uow, access, request.form.get("report", ""), sketch_from(request.form))


def _save(
    uow: UnitOfWork, access: Access, report_key: str, wish: tuple[str, Sketch]
) -> ResponseReturnValue:
    key, posted = wish
    catalog = catalog_for(uow, access)
    drawn = tidied(posted, catalog)
    seen = posted_seen()
    base = editing.seen_draft(uow, KIND, report_key, seen) if report_key else {}
    raw = _definition(uow, access, key, drawn, base)
    problems = [] if drawn.label else [Problem("label", "required")]
    try:
        if not problems:
            if report_key:
                editing.edit(uow, access, KIND, key, lambda _before: raw, seen)
            else:
                save_report(uow, access, raw, tag=0)
            if request.form.get("do") != "draft":
                publish_report(uow, access, key)
    except Invalid as invalid:
        problems = list(invalid.problems)
    if problems:
        return _page(uow, access, report_key, posted, problems)
    if request.form.get("do") == "draft":
        flash("reports.saved")
        return go_to(url_for("reports.edit", report_key=key))
    flash("reports.published", label=drawn.label)
    return go_to(url_for("reports.show_report", report_key=key))


def _page(
    uow: UnitOfWork,
    access: Access,
    report_key: str,
    sketch: Sketch,
    problems: list[Problem] | None = None,
) -> ResponseReturnValue:
    catalog = catalog_for(uow, access)
    drawn = tidied(sketch, catalog)
    drawn = _helped(drawn, EditorView(catalog, access, drawn))
    raw = _definition(uow, access, report_key or "preview", drawn, _base(uow, report_key))
    shown, found = _preview(uow, access, raw) if drawn.source else (None, [])
    view = EditorView(catalog, access, drawn)
    template = "_editor.html" if is_htmx() and not problems else "editor.html"
    return render(
        f"report_builder/{template}",
        422 if problems else 200,
        view=view,
        sketch=drawn,
        report_key=report_key,
        tag=_tag(uow, report_key),
        shown=shown,
        problems=[each.message(access.locale) for each in (problems or found)],
        saving=bool(problems),
    )


def _helped(sketch: Sketch, view: EditorView) -> Sketch:
    """With the choices made for which there is only one answer."""
    changes: dict[str, str] = {}
    if sketch.analysis and not sketch.subject and len(view.subjects) == 1:
        changes["subject"] = view.subjects[0][0]
    if sketch.analysis and not sketch.at and view.own_times:
        changes["at"] = view.own_times[0][0]
    return replace(sketch, **changes) if changes else sketch  # type: ignore[arg-type]


def _base(uow: UnitOfWork, report_key: str) -> Raw:
    found = store.find_draft(uow, KIND, report_key) if report_key else None
    return found.raw if found else {}


def _tag(uow: UnitOfWork, report_key: str) -> int | None:
    """The draft that the editor began with."""
    found = store.find_draft(uow, KIND, report_key) if report_key else None
    return posted_seen().tag or (found.tag if found is not None else None)


def _definition(
    uow: UnitOfWork, access: Access, key: str, sketch: Sketch, base: Raw
) -> dict[str, Any]:
    leaves = leaves_from(sketch.conditions, catalog_for(uow, access), sketch.source)
    return definition_of(sketch, key, access.locale, leaves, base)


def _preview(uow: UnitOfWork, access: Access, raw: Raw) -> tuple[Shown | None, list[Problem]]:
    try:
        report = parse_inline(uow, access, {**raw, "label": raw.get("label") or "…"})
        return show(report, run_report(uow, access, report), formats()), []
    except Invalid as invalid:
        return None, list(invalid.problems)
