"""The API of drafts under ``/api/v1``: beginning a form with what is there, undo and redo."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import service
from regulars.form_builder.api import FORM
from regulars.form_builder.importing import files
from regulars.form_builder.importing.limits import MAX_UPLOAD_BYTES, MIB, BadFile
from regulars.form_builder.starting import beginning, from_file
from regulars.form_builder.starting.gallery import gallery
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_optional
from regulars.platform.web.api_route import ID, TEXT, describe, listing, obj
from regulars.platform.web.preferences import current_locale

api = Blueprint("drafts_api", __name__, url_prefix="/api/v1")

READY_MADE = obj({"name": TEXT, "label": TEXT, "description": TEXT})
LABELLED = obj({}, {"label": {"type": "string", "maxLength": 60}})
BEGUN = obj({"form": TEXT, "import": ID})
UPLOAD = obj({"file": {"type": "string", "format": "binary"}}, {"label": TEXT})


@api.get("/form-gallery")
@workspace_api("design_forms")
@describe("forms", listing("forms", READY_MADE))
def list_gallery(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Forms ready made, to begin with."""
    locale = current_locale()
    return {
        "forms": [
            {"name": name, "label": i18n.pick(raw["label"], locale),
             "description": i18n.pick(raw["description"], locale)}
            for name, raw in gallery().items()
        ]
    }  # fmt: skip


@api.post("/form-gallery/<name>")
@workspace_api("design_forms")
@describe("forms", {201: FORM}, body=LABELLED, tagged="draft")
def begin_ready_made(uow: UnitOfWork, access: Access, name: str) -> ResponseReturnValue:
    """Begin a form with a ready-made one, as a draft; ``label`` gives it another name."""
    draft = beginning.begin_ready_made(uow, access, name, _label())
    return definition_answers.draft_answer(uow, access, draft, 201)


@api.post("/forms/<form_key>/copy")
@workspace_api("design_forms")
@describe("forms", {201: FORM}, body=LABELLED, tagged="draft")
def copy_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """A new draft like this form's, without records; ``label`` names it."""
    draft = beginning.copy_form(uow, access, form_key, _label())
    return definition_answers.draft_answer(uow, access, draft, 201)


@api.post("/forms/from-file")
@workspace_api("design_forms", max_body=MAX_UPLOAD_BYTES + MIB)
@describe("forms", {201: BEGUN}, upload=UPLOAD)
def begin_from_file(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make a published form of a spreadsheet (multipart: ``file``, ``label``) and bring it in.

    Types are guessed from the cells. Answers with the form and the import that is under way.
    """
    access.require("import_records")
    given = request.files.get("file")
    if given is None or not given.filename:
        raise BadFile("import-needs-file")
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        path = Path(folder) / "upload"
        given.save(path)
        file = files.store_file(uow, path, given.filename, {}, access.actor)
    file, wishes = from_file.look_at(uow, access, file.id)
    label = request.form.get("label", "") or from_file.label_of(file)
    key, batch = from_file.begin(uow, access, file, label, wishes)
    answer = jsonify({"form": key, "import": batch.id})
    answer.status_code = 201
    answer.headers["Location"] = url_for("imports_api.get", batch_id=batch.id)
    return answer


@api.post("/forms/<form_key>/undo")
@workspace_api("design_forms")
@describe("forms", FORM, tagged="draft")
def undo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the last step of the draft back, whoever made it; 412 when ``If-Match`` is outdated."""
    tag = definition_answers.expected_tag(uow, "form", form_key)
    draft = service.undo_step(uow, access, form_key, tag=tag)
    return definition_answers.draft_answer(uow, access, draft)


@api.post("/forms/<form_key>/redo")
@workspace_api("design_forms")
@describe("forms", FORM, tagged="draft")
def redo(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take the step again that was taken back last; 412 when ``If-Match`` is outdated."""
    tag = definition_answers.expected_tag(uow, "form", form_key)
    draft = service.redo_step(uow, access, form_key, tag=tag)
    return definition_answers.draft_answer(uow, access, draft)


def _label() -> str:
    """The name in the body, which may be left out."""
    return str(read_optional(request, LABELLED).get("label", ""))
