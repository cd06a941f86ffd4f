"""Beginning a form: blank, ready made, out of a spreadsheet, or as a copy of another."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import service
from regulars.form_builder.importing import files
from regulars.form_builder.importing.files import StoredFile
from regulars.form_builder.importing.limits import MAX_UPLOAD_BYTES, MIB, BadFile
from regulars.form_builder.service import Wish
from regulars.form_builder.starters import PARTS
from regulars.form_builder.starting import beginning, from_file
from regulars.form_builder.starting.gallery import gallery
from regulars.form_builder.starting.spreadsheet import TYPES, ColumnWish
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.form_pages import ICONS
from regulars.form_builder.web.palette import icon_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Invalid
from regulars.platform.i18n import pick
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render, translate

WAYS = ("blank", "gallery", "file", "copy")
UPLOAD = MAX_UPLOAD_BYTES + MIB


@forms.get("/new-form")
@workspace_page("design_forms")
def new(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The ways to begin (``?start=`` names one); ``?of=`` the form that is copied."""
    way = request.args.get("start", "blank")
    values = {"icon": "file-text", "of": request.args.get("of", "")}
    return _page(uow, access, way if way in WAYS else "blank", values, {})


@forms.post("/new-form")
@workspace_page("design_forms")
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make the draft and open the designer."""
    given = request.form
    icon = given.get("icon", "")
    wish = Wish(
        given.get("label", ""),
        given.getlist("parts"),
        icon if icon in ICONS else None,
        given.get("description", "").strip() or None,
    )
    try:
        return _design(service.create_form(uow, access, wish))
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, ("label", "description"))
        return _page(uow, access, "blank", given.to_dict(), errors, 422)


@forms.post("/new-form/ready-made")
@workspace_page("design_forms")
def take_ready_made(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Begin with a form of the gallery."""
    return _design(beginning.begin_ready_made(uow, access, request.form.get("name", "")))


@forms.post("/new-form/copy")
@workspace_page("design_forms")
def copy(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Begin with a copy of another form."""
    given = request.form
    return _design(
        beginning.copy_form(uow, access, given.get("of", ""), given.get("label", "")[:60])
    )


@forms.post("/new-form/file")
@workspace_page("design_forms", max_body=UPLOAD)
def take_file(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep the spreadsheet and go on to its columns."""
    access.require("import_records")
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise BadFile("import-needs-file")
        with TemporaryDirectory(prefix="regulars-import-") as folder:
            path = Path(folder) / "upload"
            given.save(path)
            file = files.store_file(uow, path, given.filename, {}, access.actor)
    except BadFile as bad:
        words = translate(f"errors.{bad.code}", **bad.params)
        return _page(uow, access, "file", {}, {"file": [words]}, 422)
    return go_to(url_for("forms.columns", file_id=file.id))


@forms.get("/new-form/file/<int:file_id>")
@workspace_page("design_forms")
def columns(uow: UnitOfWork, access: Access, file_id: int) -> ResponseReturnValue:
    """What each column shall become; the types are guessed already."""
    access.require("import_records")
    file, wishes = from_file.look_at(uow, access, file_id)
    return _columns_page(file, wishes, from_file.label_of(file), {})


@forms.post("/new-form/file/<int:file_id>")
@workspace_page("design_forms")
def begin_from_file(uow: UnitOfWork, access: Access, file_id: int) -> ResponseReturnValue:
    """Make the form and let its rows come in; the page of the import shows how far it is."""
    access.require("import_records")
    file, wishes = from_file.look_at(uow, access, file_id)
    numbers = range(len(wishes))
    names = {n: request.form.get(f"name/{n}", "") for n in numbers}
    types = {n: request.form.get(f"type/{n}", "") for n in numbers}
    label = request.form.get("label", "")
    try:
        key, batch = from_file.begin(
            uow, access, file, label, from_file.changed(wishes, names, types)
        )
    except Invalid as invalid:
        known = ["label", *(f"type/{n}" for n in numbers)]
        errors = errors_by_field(invalid.problems, known)
        return _columns_page(file, wishes, label, errors, 422)
    flash("forms.begun-from-file", name=label.strip() or key)
    return go_to(url_for("imports.show", batch_id=batch.id))


def _design(draft: Draft) -> ResponseReturnValue:
    flash("forms.created", name=draft.raw["label"])
    return go_to(url_for("designer.show", form_key=draft.key))


def _page(
    uow: UnitOfWork, access: Access, way: str, values: dict[str, str],
    errors: dict[str, list[str]], status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    ways = [each for each in WAYS if each != "file" or access.can("import_records")]
    drafts = store.list_drafts(uow, service.KIND)
    return render(
        "form_builder/new_form.html",
        status,
        way=way,
        ways=ways,
        values=values,
        parts=PARTS,
        chosen=request.form.getlist("parts"),
        errors=errors,
        icons=ICONS,
        gallery=gallery(),
        icon_of=icon_of,
        others=[(each.key, pick(each.raw.get("label"), current_locale())) for each in drafts],
        most=MAX_UPLOAD_BYTES,
    )


def _columns_page(
    file: StoredFile, wishes: list[ColumnWish], label: str, errors: dict[str, list[str]],
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    samples: dict[str, Any] = {str(each["column"]): each["samples"] for each in file.guesses}
    posted = request.form if request.method == "POST" else {}
    return render(
        "form_builder/new_form_columns.html",
        status,
        file=file,
        wishes=wishes,
        label_words=label,
        samples=samples,
        types=TYPES,
        posted=posted,
        errors=errors,
    )
