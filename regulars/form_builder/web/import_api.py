"""The API of imports and exports under ``/api/v1``: what the pages do, a program can do too."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import export_records
from regulars.form_builder.field_rights import forms_to_fill
from regulars.form_builder.importing import batches, error_file, files
from regulars.form_builder.importing.batches import Batch
from regulars.form_builder.importing.limits import MAX_UPLOAD_BYTES, MIB, BadFile
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.importing.wording import batch_json
from regulars.form_builder.web import import_shapes as shapes
from regulars.form_builder.web.importer import MEDIA
from regulars.form_builder.web.shown import shown_as_asked
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.strict_json import parse_json
from regulars.platform.web.api_body import read_query
from regulars.platform.web.api_route import describe, listing
from regulars.platform.web.json_body import read_object
from regulars.platform.web.preferences import current_locale

api = Blueprint("imports_api", __name__, url_prefix="/api/v1")

MOST_PROBLEMS = 1000
RUNS = ("", "check", "start")


@api.post("/imports")
@workspace_api("import_records", max_body=MAX_UPLOAD_BYTES + MIB)
@describe("imports", {201: shapes.IMPORT}, upload=shapes.UPLOAD)
def create(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take a file (multipart: ``file``, ``form``, ``map`` as JSON, ``run`` = check or start).

    Without ``map`` columns called like fields are taken. Answers 201 with the batch, or 422 with
    every problem.
    """
    given, form_key = request.files.get("file"), request.form.get("form", "")
    run = request.form.get("run", "")
    if given is None or not given.filename:
        raise BadFile("import-needs-file")
    if run not in RUNS:
        raise Invalid([Problem("run", "shape-enum", {"allowed": list(RUNS[1:])})])
    raw_map = parse_json(request.form["map"]) if request.form.get("map") else None
    wanted = raw_map.get("file", {}) if isinstance(raw_map, dict) else {}
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        path = Path(folder) / "upload"
        given.save(path)
        file = files.store_file(
            uow, path, given.filename, wanted if isinstance(wanted, dict) else {}, access.actor
        )
    if raw_map is None:
        form, forms = forms_to_fill(access, catalog_of(uow), form_key)
        guesses = {str(each["column"]): each for each in file.guesses}
        raw_map = suggest_map(form, forms, file.columns, guesses)
    batch = batches.create_batch(uow, access, form_key or _first_form(raw_map), file.id, raw_map)
    if run:
        deed = batches.start_check if run == "check" else batches.start_batch
        batch = deed(uow, access, batch.id)
    answer = _answer(uow, batch, 201)
    answer.headers["Location"] = url_for("imports_api.get", batch_id=batch.id)
    return answer


@api.get("/imports")
@workspace_api("import_records")
@describe("imports", listing("imports", shapes.IMPORT))
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The latest imports, newest first."""
    found = batches.list_batches(uow, access)
    return {"imports": [batch_json(uow, each, current_locale()) for each in found]}


@api.get("/imports/<int:batch_id>")
@workspace_api("import_records")
@describe("imports", shapes.IMPORT)
def get(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """One import with its progress and, once finished, its result."""
    return _answer(uow, batches.get_batch(uow, access, batch_id))


@api.put("/imports/<int:batch_id>/map")
@workspace_api("import_records")
@describe("imports", shapes.IMPORT, body=shapes.MAP)
def remap(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Give a draft another map."""
    raw = read_object(request)
    return _answer(uow, batches.remap_batch(uow, access, batch_id, raw))


@api.post("/imports/<int:batch_id>/check")
@workspace_api("import_records")
@describe("imports", {202: shapes.IMPORT})
def check(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Ask for a dry run: everything is tried and nothing stays. 202, the work goes on."""
    return _answer(uow, batches.start_check(uow, access, batch_id), 202)


@api.post("/imports/<int:batch_id>/start")
@workspace_api("import_records")
@describe("imports", {202: shapes.IMPORT})
def start(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Let it run, or go on where it stopped. 202, the work goes on."""
    return _answer(uow, batches.start_batch(uow, access, batch_id), 202)


@api.post("/imports/<int:batch_id>/stop")
@workspace_api("import_records")
@describe("imports", shapes.IMPORT)
def stop(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Halt it; what is written stays and can be undone."""
    return _answer(uow, batches.stop_batch(uow, access, batch_id))


@api.post("/imports/<int:batch_id>/undo")
@workspace_api("import_records")
@describe("imports", {202: shapes.IMPORT})
def undo(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Take everything back that it did. 202, the work goes on."""
    return _answer(uow, batches.start_undo(uow, access, batch_id), 202)


@api.delete("/imports/<int:batch_id>")
@workspace_api("import_records")
@describe("imports", {204: None})
def discard(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Throw a draft and its file away."""
    batches.discard_batch(uow, access, batch_id)
    return Response(status=204)


@api.get("/imports/<int:batch_id>/problems")
@workspace_api("import_records")
@describe("imports", shapes.LINES)
def problems(uow: UnitOfWork, access: Access, batch_id: int) -> ResponseReturnValue:
    """Refused lines: ``{"lines": [{"line", "form", "problems"}]}``."""
    found = batches.refused_lines(uow, access, batch_id, MOST_PROBLEMS)
    locale = current_locale()
    lines = [
        {"line": line, "form": form, "problems": [each.as_json(locale) for each in told]}
        for line, form, told in found
    ]
    return {"lines": lines}


@api.get("/imports/<int:batch_id>/refused.<any(csv, xlsx):suffix>")
@workspace_api("import_records")
@describe("imports", files=shapes.FILES)
def refused(uow: UnitOfWork, access: Access, batch_id: int, suffix: str) -> ResponseReturnValue:
    """The refused lines as a file, in the layout of the upload with their reasons beside them."""
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        path = Path(folder) / f"refused.{suffix}"
        error_file.write_error_file(uow, access, batch_id, path)
        return Response(path.read_bytes(), mimetype=MEDIA[suffix])


@api.get("/forms/<form_key>/export")
@workspace_api("export_records")
@describe("records", files=shapes.FILES, query=shapes.EXPORT_QUERY)
def export(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Records as a file: ``format`` csv or xlsx, ``filter`` a condition as JSON, ``q`` words.

    ``columns`` (paths with commas) and ``sort`` give exactly those columns in that order, as a
    list shows them; else everything that can be brought in again.
    """
    asked = read_query(request, shapes.EXPORT_QUERY)
    suffix, condition = asked.get("format", "csv"), asked.get("filter")
    with TemporaryDirectory(prefix="regulars-export-") as folder:
        path = Path(folder) / f"records.{suffix}"
        shown = shown_as_asked(uow, access, form_key, asked)
        words = asked.get("q") or None
        n = export_records(uow, access, form_key, path, condition, search=words, shown=shown)
        audit.note_apart(uow, access, "exported", form_key, after={"n": n})
        return Response(path.read_bytes(), mimetype=MEDIA[suffix])


def _first_form(raw_map: Any) -> str:
    try:
        return str(raw_map["targets"][0]["form"])
    except (KeyError, IndexError, TypeError):
        return ""  # the map's own problems are told next


def _answer(uow: UnitOfWork, batch: Batch, status: int = 200) -> Response:
    body = batch_json(uow, batch, current_locale())
    text = json.dumps(body, ensure_ascii=False, default=lambda value: value.isoformat())
    return Response(text, status, mimetype="application/json")
