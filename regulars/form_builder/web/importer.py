"""Importing a file, page by page: choose it, match its columns, try it, run it, undo it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.exporting import FORMATS, export_records
from regulars.form_builder.field_rights import catalog_for, forms_to_fill
from regulars.form_builder.importing import batches, error_file, files, wording
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.importing.encodings import ENCODINGS
from regulars.form_builder.importing.files import StoredFile
from regulars.form_builder.importing.limits import MAX_UPLOAD_BYTES, MIB, BadFile
from regulars.form_builder.importing.mapping import ImportMap
from regulars.form_builder.importing.ownership import get_own_file
from regulars.form_builder.people.import_doubles import shown_doubles
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web import import_choices as choosing
from regulars.form_builder.web.day_orders import INPUT, day_orders, ordered, unanswered
from regulars.form_builder.web.import_choices import Choices
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.shown import shown_by
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import formats, render

blueprint = Blueprint("imports", __name__, url_prefix="/w/<workspace>")

STEPS = ("choose", "match", "check", "done")
UPLOAD = MAX_UPLOAD_BYTES + MIB
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"))
_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA = {"csv": "text/csv", "xlsx": f"{_OFFICE}.spreadsheetml.sheet"}


@blueprint.get("/forms/<form_key>/import")
@workspace_page("import_records")
def upload_page(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Choose a file."""
    return _upload_page(uow, access, catalog_of(uow).get_form(form_key), {})


@blueprint.post("/forms/<form_key>/import")
@workspace_page("import_records", max_body=UPLOAD)
def upload(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Keep the file and go on to its columns."""
    form = catalog_of(uow).get_form(form_key)
    given = request.files.get("file")
    if given is None or not given.filename:
        return _upload_page(uow, access, form, _error(BadFile("import-needs-file")))
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        path = Path(folder) / "upload"
        given.save(path)
        try:
            file = files.store_file(uow, path, given.filename, {}, access.actor)
        except BadFile as bad:
            return _upload_page(uow, access, form, _error(bad))
    return go_to(url_for("imports.match_page", form_key=form_key, file_id=file.id))


@blueprint.get("/forms/<form_key>/import/<int:file_id>")
@workspace_page("import_records")
def match_page(
    uow: UnitOfWork, access: Access, form_key: str, file_id: int
) -> ResponseReturnValue:
    """Match the columns: as an earlier import of such a file did, else by their names."""
    form, forms = forms_to_fill(access, catalog_of(uow), form_key)
    file = get_own_file(uow, access, file_id)
    draft = _draft_of_file(uow, access, file)
    raw = draft.map if draft else _remembered(uow, access, form, file)
    known = None if raw is None else ImportMap.from_json(raw)
    if known is not None and choosing.fits_page(known, form):
        return _match_page((form, forms), file, choosing.from_map(known, file), {})
    chosen = choosing.suggested(form, forms, file)
    return _match_page((form, forms), file, chosen, {}, remembered=known)


@blueprint.post("/forms/<form_key>/import/<int:file_id>")
@workspace_page("import_records")
def match(uow: UnitOfWork, access: Access, form_key: str, file_id: int) -> ResponseReturnValue:
    """Keep the choices as a draft; mistakes are shown at their columns."""
    form, forms = forms_to_fill(access, catalog_of(uow), form_key)
    file = get_own_file(uow, access, file_id)
    if "remembered" in request.form:
        return _drafted(uow, access, form, file, _remembered(uow, access, form, file) or {})
    chosen = ordered(choosing.from_post(request.form, file), request.form.get(INPUT, ""))
    raw, problems = choosing.to_map(chosen, form, forms)
    problems += unanswered(chosen, choosing.places_of(form, forms))
    try:
        if problems:
            raise Invalid(problems)
        return _drafted(uow, access, form, file, raw)
    except Invalid as invalid:
        problems = problems or choosing.at_inputs(invalid.problems, chosen)
        errors = _errors(problems, chosen)
        return _match_page((form, forms), file, chosen, errors, status=422)


@blueprint.post("/forms/<form_key>/import/<int:file_id>/reading")
@workspace_page("import_records")
def read_again(
    uow: UnitOfWork, access: Access, form_key: str, file_id: int
) -> ResponseReturnValue:
    """Read the file another way: encoding, delimiter, sheet, with a heading or without."""
    wanted: dict[str, Any] = {
        name: request.form[name]
        for name in ("encoding", "delimiter", "sheet")
        if request.form.get(name)
    }
    wanted["heading"] = "heading" in request.form
    first = request.form.get("first_line", "")
    if first.isdecimal() and len(first) < 4:
        wanted["skip"] = int(first) - 1
    try:
        files.look_again(uow, get_own_file(uow, access, file_id).id, wanted)
    except BadFile as bad:
        flash_error(bad)
    return go_to(url_for("imports.match_page", form_key=form_key, file_id=file_id))


@blueprint.post("/forms/<form_key>/import/<int:file_id>/map")
@workspace_page("import_records")
def use_map(uow: UnitOfWork, access: Access, form_key: str, file_id: int) -> ResponseReturnValue:
    """Use a plan that was saved as a file."""
    form, forms = forms_to_fill(access, catalog_of(uow), form_key)
    file = get_own_file(uow, access, file_id)
    given = request.files.get("map")
    try:
        raw = parse_json(given.read()) if given is not None else None
        if not isinstance(raw, dict):
            raise BadJson()
    except BadJson:
        problems = [Problem("", "bad-import-map")]
    else:
        try:
            return _drafted(uow, access, form, file, raw)
        except Invalid as invalid:
            problems = [Problem("", p.code, p.params, p.text) for p in invalid.problems]
    chosen = choosing.suggested(form, forms, file)
    return _match_page((form, forms), file, chosen, errors_by_field(problems), status=422)


@blueprint.get("/imports")
@workspace_page("import_records")
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every import, newest first."""
    found = batches.list_batches(uow, access, 200)
    return render("form_builder/imports.html", **_listed(uow, found))


@blueprint.get("/imports/<int:batch_id>")
@workspace_page("import_records")
def show(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """One import: what it will do, does, or has done."""
    batch = batches.get_batch(uow, access, batch_id)
    catalog = catalog_for(uow, access)
    locale = current_locale()
    left = batches.left_behind(uow, access, batch_id) if batch.state == "undone" else []
    wanted: dict[str, set[int]] = {}
    for form, record, _why in left:
        wanted.setdefault(form, set()).add(record)
    earlier = batches.find_earlier(uow, batch) if batch.state == "draft" else None
    return render(
        "form_builder/import_batch.html",
        batch=batch,
        file=files.get_file(uow, batch.file),
        form=catalog.forms.get(batch.form),
        forms=catalog.forms,
        wanted=ImportMap.from_json(batch.map),
        problems=wording.first_problems(uow, access, batch, locale),
        doubles=shown_doubles(uow, access, batch.check, locale),
        left=left,
        titles=titles_of(uow, access, catalog, wanted),
        earlier=earlier,
        steps=STEPS,
        step=_step_of(batch),
    )


@blueprint.get("/imports/<int:batch_id>/progress")
@workspace_page("import_records")
def progress(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """How far it is; when it is finished the page loads itself anew."""
    batch = batches.get_batch(uow, access, batch_id)
    if not batch.is_working:
        return go_to(url_for("imports.show", batch_id=batch_id))
    return render("form_builder/_import_progress.html", batch=batch)


@blueprint.post("/imports/<int:batch_id>/<any(check, start, stop, undo, discard):act>")
@workspace_page("import_records")
def act(uow: UnitOfWork, access: Access, batch_id: int, act: str) -> ResponseReturnValue:
    """Try it out, let it run, halt it, take it back, or throw the draft away."""
    form = batches.get_batch(uow, access, batch_id).form
    deeds = {
        "check": batches.start_check,
        "start": batches.start_batch,
        "stop": batches.stop_batch,
        "undo": batches.start_undo,
        "discard": batches.discard_batch,
    }
    deeds[act](uow, access, batch_id)
    if act == "discard":
        flash("importing.discarded")
        return go_to(url_for("imports.upload_page", form_key=form))
    return go_to(url_for("imports.show", batch_id=batch_id))


@blueprint.get("/imports/<int:batch_id>/refused.<any(csv, xlsx):suffix>")
@workspace_page("import_records")
def refused(uow: UnitOfWork, access: Access, batch_id: int, suffix: str) -> ResponseReturnValue:
    """The refused lines with their reasons, to mend and bring in again."""
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        path = Path(folder) / f"refused.{suffix}"
        error_file.write_error_file(uow, access, batch_id, path)
        return _download(path.read_bytes(), MEDIA[suffix], f"refused-{batch_id}.{suffix}")


@blueprint.get("/imports/<int:batch_id>/map.json")
@workspace_page("import_records")
def saved_map(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """The plan, for the next file of this kind or for the command line."""
    batch = batches.get_batch(uow, access, batch_id)
    body = json.dumps(batch.map, ensure_ascii=False, indent=2) + "\n"
    return _download(body.encode(), "application/json", f"import-{batch.form}.json")


@blueprint.get("/forms/<form_key>/export")
@workspace_page("export_records")
def export(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The records of a list as a file."""
    suffix = request.args.get("format", "xlsx")
    if suffix not in FORMATS:
        raise NotFound()
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    query = state.query(form)
    shown = shown_by(uow, access, form, state) if request.args.get("what") == "shown" else None
    with TemporaryDirectory(prefix="regulars-export-") as folder:
        path = Path(folder) / f"records.{suffix}"
        n = export_records(
            uow, access, form_key, path, query.filter, search=query.search, shown=shown
        )
        audit.note_apart(uow, access, "exported", form_key, after={"n": n})
        return _download(path.read_bytes(), MEDIA[suffix], f"{form.key}.{suffix}")


def flash_error(bad: BadFile) -> None:
    """Say on the next page why a file cannot be read that way."""
    flash(f"errors.{bad.code}", "danger", **bad.params)


def _upload_page(
    uow: UnitOfWork, access: Access, form: FormDefinition, errors: dict[str, list[str]]
) -> Response:
    recent = [each for each in batches.list_batches(uow, access, 20) if each.form == form.key]
    return render(
        "form_builder/import_upload.html",
        422 if errors else 200,
        form=form,
        errors=errors,
        steps=STEPS,
        most=MAX_UPLOAD_BYTES,
        **_listed(uow, recent),
    )


def _listed(uow: UnitOfWork, found: list[Batch]) -> dict[str, Any]:
    names = {each.id: files.get_file(uow, each.file).name for each in found}
    return {"batches": found, "names": names, "forms": catalog_of(uow).forms}


def _remembered(
    uow: UnitOfWork, access: Access, form: FormDefinition, file: StoredFile
) -> Mapping[str, Any] | None:
    """How such a file last went in, as far as this importer may do it, too."""
    raw = batches.remembered_map(uow, form.key, file.columns)
    try:
        if raw is not None:
            batches.check_map(uow, access, raw, file.columns)
    except Invalid:
        return None
    return raw


def _match_page(
    fillable: tuple[FormDefinition, Mapping[str, FormDefinition]], file: StoredFile,
    chosen: Choices, errors: dict[str, list[str]], *, status: int = 200,
    remembered: ImportMap | None = None,
) -> Response:  # fmt: skip
    form, forms = fillable
    sample, orders = day_orders(chosen, formats())
    return render(
        "form_builder/import_match.html",
        status,
        sample=sample,
        orders=orders,
        form=form,
        forms=forms,
        file=file,
        chosen=chosen,
        places=choosing.places_of(form, forms),
        unique=[each for each in form.fields if each.unique and each.type != "serial"],
        errors=errors,
        remembered=remembered,
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        ways=choosing.WAYS,
        signs=choosing.SIGNS,
        steps=STEPS,
    )


def _drafted(
    uow: UnitOfWork, access: Access, form: FormDefinition, file: StoredFile, raw: Any
) -> ResponseReturnValue:
    """The draft of this file with this map, made or changed, and its page."""
    draft = _draft_of_file(uow, access, file)
    if draft is None:
        batch = batches.create_batch(uow, access, form.key, file.id, raw)
    else:
        batch = batches.remap_batch(uow, access, draft.id, raw)
    return go_to(url_for("imports.show", batch_id=batch.id))


def _draft_of_file(uow: UnitOfWork, access: Access, file: StoredFile) -> Batch | None:
    found = batches.list_batches(uow, access, 200)
    return next((each for each in found if each.file == file.id and each.state == "draft"), None)


def _errors(problems: list[Problem], chosen: Choices) -> dict[str, list[str]]:
    inputs = [f"to-{at}" for at in range(len(chosen.columns))]
    return errors_by_field(problems, [*inputs, INPUT, "key", "group_by", "mode"])


def _error(bad: BadFile) -> dict[str, list[str]]:
    return {"file": [bad.message(current_locale())]}


def _step_of(batch: Batch) -> int:
    return 2 if batch.state in ("draft", "checking") else 3


def _download(body: bytes, media: str, name: str) -> Response:
    response = Response(body, mimetype=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
