"""The designer's routes: its page, its steps, publishing, and putting a form away."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from regulars.form_builder import clips, service
from regulars.form_builder.checks import PERSON_TYPES
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.layout import pages_of
from regulars.form_builder.web.blueprints import designer
from regulars.form_builder.web.designer_view import Designer, designer_of, desk_of, preview_entry
from regulars.form_builder.web.designer_words import asking_of, read_definition, said_of
from regulars.form_builder.web.form_pages import ICONS
from regulars.form_builder.web.steps import step_from_post
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Conflict, Invalid, VersionConflict
from regulars.platform.i18n import LOCALES, Text
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.preferences import current_locale, set_locale
from regulars.platform.web.rendering import render, translate


@dataclass(frozen=True)
class Preview:
    """The entry form as people will see it: markup by size of screen, in one language."""

    language: str
    sheets: Mapping[str, Markup]


@designer.get("")
@workspace_page("design_forms")
def show(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The designer; ``?field=`` chooses a field, ``?tab=`` fields, preview or json."""
    seen = designer_of(
        uow, access, form_key, request.args.get("field", ""), request.args.get("tab", "fields")
    )
    return _render("_designer.html" if is_htmx() else "designer.html", seen)


@designer.post("/steps")
@workspace_page("design_forms")
def take_step(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """One step; htmx gets the designer back, a plain post goes to its page.

    Before a field goes that something uses, that is shown and asked (``sure`` answers).
    """
    asking = asking_of(uow, access, form_key, request.form)
    if asking is not None:
        seen = designer_of(uow, access, form_key, request.form.get("selected", ""))
        return _render("_designer.html", replace(seen, asking=asking))
    before = store.get_draft(uow, "form", form_key)
    try:
        step = step_from_post(request.form, desk_of(uow, access, form_key))
    except StepRefused as refused:
        raise Conflict(refused.code) from None
    tab = posted_seen()
    after = service.edit_form(uow, access, form_key, step, tag=tab.tag, force=tab.force)
    said = said_of(before.raw, after.raw, request.form, access.locale)
    return _answer(uow, access, form_key, _selected_after(before.raw, after.raw), said)


@designer.get("/copied")
@workspace_page("design_forms")
def copied(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The fields ``?field=`` as JSON for the clipboard."""
    draft = store.get_draft(uow, "form", form_key)
    try:
        clip = clips.copied(draft.raw, request.args.getlist("field"))
    except StepRefused as refused:
        raise Conflict(refused.code) from None
    return Response(json.dumps(clip, ensure_ascii=False, indent=2), mimetype="application/json")


@designer.post("/definition")
@workspace_page("design_forms")
def write(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The definition as somebody wrote it; with problems it comes back as it was typed."""
    text, tab = request.form.get("definition", ""), posted_seen()
    raw, problems = read_definition(text, form_key)
    if not problems:
        service.edit_form(uow, access, form_key, lambda _form: raw, tag=tab.tag, force=tab.force)
        said = translate("forms.said.written")
        return _answer(uow, access, form_key, "", said, "json")
    seen = designer_of(uow, access, form_key, "", "json")
    return _render("_designer.html", replace(seen, written=text, problems=problems), 422)


@designer.post("/undo")
@workspace_page("design_forms")
def undo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the last step back."""
    return _turn(uow, access, form_key, service.undo_step, "undone")


@designer.post("/redo")
@workspace_page("design_forms")
def redo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the step again that was taken back."""
    return _turn(uow, access, form_key, service.redo_step, "redone")


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


def _turn(
    uow: UnitOfWork, access: Access, form_key: str, turn: Callable[..., Draft], said: str
) -> ResponseReturnValue:
    """Undo or redo what this tab has seen; else show what others did, and do nothing."""
    try:
        turn(uow, access, form_key, tag=posted_seen().tag)
    except VersionConflict as conflict:
        said = "elsewhere"
        flash("forms.said.elsewhere", "info", who=conflict.params.get("who", ""))
    words = translate(f"forms.said.{said}", who="")
    return _answer(uow, access, form_key, request.form.get("selected", ""), words)


def _answer(
    uow: UnitOfWork, access: Access, form_key: str, selected: str, said: str, tab: str = "fields"
) -> ResponseReturnValue:
    if not is_htmx():
        chosen = tab if tab != "fields" else None
        url = url_for("designer.show", form_key=form_key, field=selected or None, tab=chosen)
        return go_to(url)
    seen = designer_of(uow, access, form_key, selected, tab)
    return _render("_designer.html", replace(seen, said=said))


def _preview(form: FormDefinition) -> Preview:
    """The pages of the form in the language of ``?lang=``, drawn for both sizes."""
    wanted, own = request.args.get("lang", ""), current_locale()
    language = wanted if wanted in LOCALES else own
    set_locale(language)
    shown = [key for key, each in form.by_key.items() if field_types.get(each.type).writable]
    pages = pages_of(form.layout, shown)
    template = current_app.jinja_env.get_template("form_builder/preview.html")
    draw: Any = template.module
    sheets: dict[str, Markup] = {
        size: draw.sheets(form, pages, size, preview_entry) for size in ("phone", "desktop")
    }
    set_locale(own)
    return Preview(language, sheets)


def _render(template: str, seen: Designer, status: int = 200) -> ResponseReturnValue:
    written = seen.written
    if written is None and seen.tab == "json":
        written = json.dumps(seen.draft.raw, ensure_ascii=False, indent=2)
    return render(
        f"form_builder/{template}",
        status,
        seen=seen,
        form=seen.form,
        person_roles=PERSON_TYPES,
        icons=ICONS,
        locales=LOCALES,
        preview_entry=preview_entry,
        as_json=written,
        preview=_preview(seen.form) if seen.tab == "preview" else None,
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
