"""The designer's routes: its page, its steps, publishing, and putting a form away."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import service
from regulars.form_builder.checks import PERSON_TYPES
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.web.blueprints import designer
from regulars.form_builder.web.designer_view import Designer, designer_of, desk_of, preview_entry
from regulars.form_builder.web.form_pages import ICONS
from regulars.form_builder.web.steps import step_from_post
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.i18n import LOCALES, Text
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import render


@designer.get("")
@workspace_page("design_forms")
def show(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The designer; ``?field=`` chooses a field, ``?tab=`` fields, preview or json."""
    seen = designer_of(
        uow, access, form_key, request.args.get("field", ""), request.args.get("tab", "fields")
    )
    template = "form_builder/_designer.html" if is_htmx() else "form_builder/designer.html"
    return _render(template, seen)


@designer.post("/steps")
@workspace_page("design_forms")
def take_step(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """One step; htmx gets the designer back, a plain post goes to its page."""
    before = store.get_draft(uow, "form", form_key)
    try:
        step = step_from_post(request.form, desk_of(uow, access, form_key))
    except StepRefused as refused:
        raise Conflict(refused.code) from None
    seen = posted_seen()
    after = service.edit_form(uow, access, form_key, step, tag=seen.tag, force=seen.force)
    selected = _selected_after(before.raw, after.raw)
    return _answer(uow, access, form_key, selected)


@designer.post("/undo")
@workspace_page("design_forms")
def undo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the last step back."""
    service.undo_step(uow, access, form_key)
    return _answer(uow, access, form_key, request.form.get("selected", ""))


@designer.post("/redo")
@workspace_page("design_forms")
def redo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the step again that was taken back."""
    service.redo_step(uow, access, form_key)
    return _answer(uow, access, form_key, request.form.get("selected", ""))


@designer.get("/publish")
@workspace_page("design_forms")
def review(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """What publishing would change, and what stands in its way."""
    return _review(uow, access, form_key)


@designer.post("/publish")
@workspace_page("design_forms")
def publish(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Publish the form, together with those it needs."""
    keys = [form_key, *(key for key in request.form.getlist("with") if key != form_key)]
    try:
        service.publish_forms(uow, access, keys)
    except Invalid as invalid:
        return _review(uow, access, form_key, invalid.problems)
    form = snapshot(uow).get("form", form_key)
    flash("forms.published", name=form.label)
    return go_to(url_for("records.index", form_key=form_key))


@designer.post("/discard")
@workspace_page("design_forms")
def discard(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Drop the changes that are not published."""
    had_version = store.get_draft(uow, "form", form_key).published is not None
    service.discard_changes(uow, access, form_key)
    flash("forms.discarded")
    return go_to(
        url_for("designer.show", form_key=form_key) if had_version else url_for("forms.index")
    )


@designer.post("/archive")
@workspace_page("design_forms")
def archive(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the form out of use; its records stay."""
    label: Text = store.get_draft(uow, "form", form_key).raw.get("label") or form_key
    service.archive_form(uow, access, form_key)
    flash("forms.archived", name=label)
    return go_to(url_for("forms.index"))


def _answer(uow: UnitOfWork, access: Access, form_key: str, selected: str) -> ResponseReturnValue:
    if not is_htmx():
        return go_to(url_for("designer.show", form_key=form_key, field=selected or None))
    return _render("form_builder/_designer.html", designer_of(uow, access, form_key, selected))


def _render(template: str, seen: Designer) -> ResponseReturnValue:
    return render(
        template,
        seen=seen,
        form=seen.form,
        person_roles=PERSON_TYPES,
        icons=ICONS,
        locales=LOCALES,
        preview_entry=preview_entry,
        as_json=json.dumps(seen.draft.raw, ensure_ascii=False, indent=2),
    )


def _selected_after(before: Form, after: Form) -> str:
    """A field that is new is chosen; else the one that was, if it is still there."""
    known = {field["key"] for field in before["fields"]}
    fresh = [field["key"] for field in after["fields"] if field["key"] not in known]
    if fresh:
        return str(fresh[0])
    column = _fresh_column(before, after)
    return column or request.form.get("selected", request.form.get("field", ""))


def _places(problems: Sequence[Problem]) -> list[tuple[str, str, Problem]]:
    """(form, number of its field or "", problem) for ``form/orders/fields/3/…``."""
    placed = []
    for problem in problems:
        parts = problem.path.split("/")
        is_field = len(parts) > 3 and parts[2] == "fields"
        placed.append((parts[1] if len(parts) > 1 else "", parts[3] if is_field else "", problem))
    return placed


def _fresh_column(before: Form, after: Form) -> str:
    old = {field["key"]: field for field in before["fields"]}
    for field in after["fields"]:
        known = {each["key"] for each in old.get(field["key"], {}).get("fields", ())}
        for each in field.get("fields", ()):
            if field["key"] in old and each["key"] not in known:
                return f"{field['key']}.{each['key']}"
    return ""


def _review(
    uow: UnitOfWork, access: Access, form_key: str, refused: Sequence[Problem] = ()
) -> ResponseReturnValue:
    draft = store.get_draft(uow, "form", form_key)
    alone = service.draft_problems(uow, form_key)
    needed = dict.fromkeys(
        str(problem.params["form"]) for problem in alone if problem.code == "unpublished-form"
    )
    drafts = [store.find_draft(uow, "form", key) for key in needed]
    companions = [each for each in drafts if each is not None and each.changed]
    together = [("form", form_key), *(("form", each.key) for each in companions)]
    return render(
        "form_builder/publish.html",
        422 if refused else 200,
        form_key=form_key,
        draft=draft,
        label_text=draft.raw.get("label") or form_key,
        changes=service.pending_changes(uow, form_key),
        places=_places(refused or (store.check_drafts(uow, together) if draft.changed else ())),
        companions=companions,
    )
