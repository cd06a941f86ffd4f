"""Files for pages and programs: hand in, look at, download."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.attachments import readable_file, readable_files
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.web.blueprints import forms
from regulars.form_builder.web.file_answers import file_answer
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.blobs import service
from regulars.platform.blobs.looking import BYTES, KNOWN, PICTURES
from regulars.platform.blobs.service import Blob
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.api_route import COUNT, ID, TEXT, describe, named, nullable, obj, one_of
from regulars.platform.web.rendering import render

MAX_BODY = service.LARGEST + 1024 * 1024
FILE = named(
    "File",
    obj({
        "id": ID, "name": TEXT, "type": TEXT, "size": COUNT, "width": nullable(COUNT),
        "height": nullable(COUNT), "form": nullable(TEXT), "record": nullable(ID),
        "field": nullable(TEXT),
    }),
)  # fmt: skip
ONLY = "picture"
UPLOAD = obj({"file": {"type": "string", "format": "binary"}}, {"only": one_of(ONLY)})
ANY_TYPE = (BYTES, *PICTURES.values(), *sorted(KNOWN))
SIZES = {"size": one_of("thumbnail")}

api = Blueprint("files_api", __name__, url_prefix="/api/v1")


@api.post("/files")
@workspace_api("create_records", max_body=MAX_BODY)
@describe("files", {201: FILE}, upload=UPLOAD)
def add_file(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Hand in a file (part ``file``); then write its id into a record's file field.

    With ``only=picture`` what cannot be shown as a picture is refused, and why.
    """
    made = _taken_in(uow, access)
    return _json(made), 201, {"Location": url_for("files_api.get_file", number=made.id)}


@api.get("/files/<int:number>")
@workspace_api("read_records")
@describe("files", FILE)
def get_file(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """What is known about a file."""
    return _json(readable_file(uow, access, number))


@api.get("/files/<int:number>/content")
@workspace_api("read_records")
@describe("files", None, files=ANY_TYPE, query=SIZES)
def get_content(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """The bytes; ``?size=thumbnail`` a small picture of a picture."""
    small = request.args.get("size") == "thumbnail"
    return file_answer(uow, readable_file(uow, access, number), small=small)


@forms.post("/files")
@workspace_page("create_records", max_body=MAX_BODY)
def upload(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Hand in a file from an entry form; answers with its line in the list."""
    made = _taken_in(uow, access)
    return render("form_builder/_file.html", 201, file=made, removable=True)


@forms.get("/files/<int:number>")
@workspace_page("read_records")
def show_file(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """The file itself."""
    return file_answer(uow, readable_file(uow, access, number))


@forms.get("/files/<int:number>/small")
@workspace_page("read_records")
def show_small(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """A small picture of it."""
    return file_answer(uow, readable_file(uow, access, number), small=True)


@forms.get("/files/lines")
@workspace_page("read_records")
def lines(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The lines of the files ``?ids=5,7`` that this reader may see."""
    asked = _asked_ids()
    known = readable_files(uow, access, asked)
    found = [known[number] for number in asked if number in known]
    removable = request.args.get("edit") == "1"
    return render("form_builder/_files.html", files=found, removable=removable)


def _taken_in(uow: UnitOfWork, access: Access) -> Blob:
    given, only = request.files.get("file"), request.form.get("only", "")
    problems = [Problem("file", "required")] if given is None else []
    if only not in ("", ONLY):
        problems.append(Problem("only", "not-an-option", {"value": only[:40], "allowed": ONLY}))
    if given is None or problems:
        raise Invalid(problems)
    name = given.filename or ""
    return service.take_in(uow, access, name, given.stream, only_picture=only == ONLY)


def _asked_ids() -> tuple[int, ...]:
    text = request.args.get("ids", "")[:400]
    if not all(part.isdecimal() and len(part) < 19 for part in text.split(",") if part):
        return ()
    return ids_of(text)[:20]


def _json(found: Blob) -> dict[str, Any]:
    return {
        "id": found.id, "name": found.name, "type": found.media_type, "size": found.size,
        "width": found.width, "height": found.height, "form": found.form,
        "record": found.record, "field": found.field,
    }  # fmt: skip
