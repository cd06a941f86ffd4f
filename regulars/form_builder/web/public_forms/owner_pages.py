"""The owner's pages: which forms strangers may fill in, by which links, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.keys import derive_key
from regulars.form_builder.public_forms import links
from regulars.form_builder.public_forms.definition import PublicForm
from regulars.form_builder.public_forms.kind import KIND, public_problems
from regulars.form_builder.public_forms.links import EDIT
from regulars.form_builder.public_forms.starting import first_public_form
from regulars.form_builder.web.entries import Asking, Entry
from regulars.form_builder.web.posted import first_answers
from regulars.form_builder.web.public_forms.asked import asked_form
from regulars.form_builder.web.public_forms.blueprints import owners
from regulars.form_builder.web.public_forms.editor_view import EditorView
from regulars.form_builder.web.public_forms.posted import public_from
from regulars.form_builder.web.public_forms.posters import code_answer, poster_answer
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import editing, seeing, store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.definition_homes import DefinitionHome
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.headers import public_url
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.rendering import label, render

HOME = DefinitionHome(
    KIND, "public_forms.index", "public-forms.forms", "public_forms.show", "public_forms.edit"
)
Raw = Mapping[str, Any]


@owners.get("")
@workspace_page(EDIT)
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every public form; ``?form=`` those of one form."""
    form_key = request.args.get("form", "")
    drafts = seeing.seen_drafts(uow, access, KIND)
    shown = [each for each in drafts if not form_key or each.raw.get("form") == form_key]
    forms = catalog_of(uow).forms
    return render(
        "public_forms/index.html", drafts=shown, forms=forms, form=forms.get(form_key),
        received={each.key: links.received(uow, each.key) for each in shown},
    )  # fmt: skip


@owners.post("/new/<form_key>")
@workspace_page(EDIT)
def create(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Begin with a few fields, make the shop's link, and open the editor."""
    form = catalog_for(uow, access).get_form(form_key)
    taken = {draft.key for draft in store.list_drafts(uow, KIND)}
    key = derive_key(label(form.label), taken, KIND)
    store.save_draft(uow, access, KIND, first_public_form(form, key), tag=0)
    try:
        store.publish(uow, access, [(KIND, key)])
    except Invalid:
        return go_to(url_for("public_forms.edit", key=key))
    units = [] if access.unit_ids else [None]
    links.make_links(uow, access, key, units)
    return go_to(url_for("public_forms.edit", key=key))


@owners.get("/<key>")
@workspace_page(EDIT)
def show(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The links of a public form: codes, posters, how many came in, pause."""
    seeing.require_seen(uow, access, KIND, key)
    raw = store.get_draft(uow, KIND, key).raw
    found = links.list_links(uow, access, key)
    there = {each.unit for each in found}
    return render(
        "public_forms/show.html", raw=raw, form=catalog_of(uow).forms.get(raw["form"]),
        links=[(each, public_url(each.path)) for each in found],
        stores=[each for each in links.stores_of(uow, access) if each.id not in there],
        for_shop=None not in there and not access.unit_ids,
        is_published=(KIND, key) in snapshot(uow).items,
    )  # fmt: skip


@owners.post("/<key>/links")
@workspace_page(EDIT)
def make_links(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Make the links that were asked for: ``unit`` is a store's id, or empty for the shop."""
    chosen = request.form.getlist("unit")
    units = [int(each) if each.isdecimal() and len(each) < 19 else None for each in chosen]
    links.make_links(uow, access, key, units)
    return go_to(url_for("public_forms.show", key=key))


@owners.post("/<key>/links/<int:number>/state")
@workspace_page(EDIT)
def set_state(uow: UnitOfWork, access: Access, key: str, number: int) -> ResponseReturnValue:
    """Pause a link, or open it again."""
    links.set_state(uow, access, key, number, request.form.get("state", ""))
    return go_to(url_for("public_forms.show", key=key))


@owners.get("/<key>/posters.pdf")
@workspace_page(EDIT)
def posters(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Posters of every link, or of ``?link=``."""
    wanted = set(request.args.getlist("link"))
    every = links.list_links(uow, access, key)
    chosen = [each for each in every if not wanted or str(each.id) in wanted]
    if not chosen:
        raise NotFound("no-public-link")
    return poster_answer(uow, key, chosen)


@owners.get("/<key>/links/<int:number>/code.png")
@workspace_page(EDIT)
def code(uow: UnitOfWork, access: Access, key: str, number: int) -> ResponseReturnValue:
    """The code of a link as a picture."""
    return code_answer(links.get_link(uow, access, key, number))


@owners.post("/<key>/archive")
@workspace_page(EDIT)
def archive(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a public form out of use."""
    seeing.require_seen(uow, access, KIND, key)
    name = label(store.get_draft(uow, KIND, key).raw.get("label"))
    store.archive(uow, access, KIND, key)
    flash("public-forms.archived", name=name)
    return go_to(url_for("public_forms.index"))


@owners.get("/<key>/edit")
@workspace_page(EDIT)
def edit(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The settings, beside the page as visitors see it."""
    return _page(uow, access, _stored(uow, access, key))


@owners.post("/<key>/sketch")
@workspace_page(EDIT, writes=False)
def sketch(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The editor as it follows from what was posted; nothing is saved."""
    return _page(uow, access, public_from(request.form, _stored(uow, access, key), access.locale))


@owners.post("/<key>/edit")
@workspace_page(EDIT)
def save(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep the public form and put it to use."""
    raw = public_from(request.form, _stored(uow, access, key), access.locale)
    try:
        if not raw["label"]:
            raise Invalid([Problem("label", "required"), *public_problems({**raw, "label": "x"})])
        editing.edit(uow, access, KIND, key, lambda _before: raw, posted_seen())
        store.publish(uow, access, [(KIND, key)])
    except Invalid as invalid:
        prefix = f"{KIND}/{key}/"
        return _page(uow, access, raw, [each.moved_from(prefix) for each in invalid.problems])
    if not access.unit_ids:
        links.make_links(uow, access, key, [None])
    flash("public-forms.saved", name=label(raw["label"]))
    return go_to(url_for("public_forms.show", key=key))


def public_links(
    uow: UnitOfWork, access: Access, form_key: str, _arguments: Mapping[str, str]
) -> Iterator[RecordLink]:
    """A line in the menu of a form's list."""
    if access.can(EDIT):
        url = url_for("public_forms.index", form=form_key)
        yield RecordLink(url, "public-forms.forms", "qr-code")


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
    template = "_editor.html" if is_htmx() and not problems else "editor.html"
    seen = posted_seen()
    draft = store.find_draft(uow, KIND, raw["key"])
    public = PublicForm.from_json({**raw, "label": raw["label"] or "–"})
    return render(
        f"public_forms/{template}", 422 if problems else 200,
        raw=raw, form=form, view=EditorView(form, public, access.locale),
        tag=seen.tag or (draft.tag if draft is not None else None),
        problems=list(problems), errors=errors_by_field(problems), public=public,
        entries=_preview(uow, access, form, public), shop=uow.workspace,
    )  # fmt: skip


def _preview(
    uow: UnitOfWork, access: Access, form: FormDefinition, public: PublicForm
) -> list[Entry]:
    """The inputs as visitors see them, named so that the editor does not take them for its own."""
    asked, place = asked_form(form, public), uow.workspace
    asking = Asking(uow, access, asked)
    answers = first_answers(asked, Reading(place.tz, place.currency, uow.now, access.locale))
    made = [asking.place(key, answers, {}, is_new=True) for key in asked.by_key]
    return [replace(each, name=f"_{each.name}") for each in made]
