"""The API of forms and records under ``/api/v1``: the services and permissions of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.form_builder import api_answers, record_schema, service
from regulars.form_builder.api_queries import query_from_args, query_from_body
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.records import (
    MODES,
    create_record,
    delete_record,
    get_record,
    list_bin,
    restore_record,
    update_record,
    write_batch,
)
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Invalid, NotFound, RegularsError, VersionConflict
from regulars.platform.problems import Problem
from regulars.platform.web.json_body import read_object

MOST_AT_ONCE = 1000

api = Blueprint("forms_api", __name__, url_prefix="/api/v1")


@api.get("/forms")
@workspace_api("read_records")
def list_forms(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published definition; ``?state=draft`` every working copy."""
    if request.args.get("state") == "draft":
        access.require(service.CAPABILITY)
        return {"forms": [dict(draft.raw) for draft in store.list_drafts(uow, "form")]}
    found = [each for each in snapshot(uow).items.values() if each.kind == "form"]
    return {"forms": [dict(each.raw) for each in found]}


@api.post("/forms")
@workspace_api("design_forms")
def create_form(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new definition as a draft; 409 when its key is taken."""
    raw = read_object(request)
    if store.find_draft(uow, "form", str(raw.get("key", ""))) is not None:
        raise service.FormExists(key=raw["key"])
    draft = service.put_form(uow, access, raw, tag=0)
    answer = _draft_answer(draft, 201)
    answer.headers["Location"] = url_for("forms_api.get_form", form_key=draft.key)
    return answer


@api.get("/forms/<form_key>")
@workspace_api("read_records")
def get_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The published definition, or the draft with ``?state=draft``."""
    if request.args.get("state") == "draft":
        access.require(service.CAPABILITY)
        return _draft_answer(store.get_draft(uow, "form", form_key))
    found = snapshot(uow).items.get(("form", form_key))
    if found is None:
        raise NotFound("no-form", key=form_key)
    answer = jsonify(dict(found.raw))
    answer.set_etag(f"v{found.version}")
    return answer


@api.get("/forms/<form_key>/schema")
@workspace_api("read_records")
def form_schema(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """JSON Schemas of the records: to ``create``, to ``update``, and a ``record`` as read."""
    catalog = catalog_of(uow)
    return {
        "create": record_schema.create_schema(catalog, form_key, access.locale),
        "update": record_schema.update_schema(catalog, form_key, access.locale),
        "record": record_schema.record_schema(catalog, form_key, access.locale),
    }


@api.put("/forms/<form_key>")
@workspace_api("design_forms")
def put_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    raw = read_object(request)
    if raw.get("key") != form_key:
        raise Invalid([Problem("key", "shape-const", {"expected": form_key})])
    known = store.find_draft(uow, "form", form_key)
    draft = service.put_form(uow, access, raw, tag=_draft_tag())
    return _draft_answer(draft, 200 if known else 201)


@api.post("/forms/<form_key>/publish")
@workspace_api("design_forms")
def publish_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Publish one draft; 422 with every problem."""
    versions = service.publish_forms(uow, access, [form_key])
    return {"version": versions[form_key], "problems": []}


@api.post("/definitions/publish")
@workspace_api("design_forms")
def publish_together(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Publish ``{"forms": [keys]}`` together, so that they may refer to each other."""
    body = read_object(request)
    keys = body.get("forms")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise Invalid([Problem("forms", "not-a-list")])
    return {"versions": service.publish_forms(uow, access, keys), "problems": []}


@api.delete("/forms/<form_key>")
@workspace_api("design_forms")
def archive_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take a form out of use; its records stay."""
    service.archive_form(uow, access, form_key)
    return Response(status=204)


@api.get("/forms/<form_key>/records")
@workspace_api("read_records")
def list_records(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """A page of records by ``filter, sort, fields, limit, cursor, count`` and ``q`` (words)."""
    return api_answers.page(uow, access, form_key, *query_from_args(request.args))


@api.post("/forms/<form_key>/records/search")
@workspace_api("read_records", writes=False)
def search_records(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The list with a JSON body."""
    return api_answers.page(uow, access, form_key, *query_from_body(read_object(request)))


@api.post("/forms/<form_key>/records")
@workspace_api("create_records")
def add_record(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Make one record."""
    record = create_record(uow, access, form_key, read_object(request), origin=API)
    answer = jsonify(api_answers.one(uow, record))
    answer.status_code = 201
    answer.headers["Location"] = url_for(
        "forms_api.read_record", form_key=form_key, record_id=record.id
    )
    answer.set_etag(str(record.version))
    return answer


@api.get("/forms/<form_key>/records/<int:record_id>")
@workspace_api("read_records")
def read_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """One record with its rows."""
    record = get_record(uow, access, form_key, record_id)
    answer = jsonify(api_answers.one(uow, record))
    answer.set_etag(str(record.version))
    return answer


@api.patch("/forms/<form_key>/records/<int:record_id>")
@workspace_api("update_records")
def change_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Change the given fields; 412 when ``If-Match`` is not the record's version."""
    body = read_object(request)
    record = update_record(
        uow, access, form_key, record_id, body, origin=API, expected_version=_record_version()
    )
    answer = jsonify(api_answers.one(uow, record))
    answer.set_etag(str(record.version))
    return answer


@api.delete("/forms/<form_key>/records/<int:record_id>")
@workspace_api("delete_records")
def remove_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Move a record to the recycle bin."""
    expected = _record_version()
    if expected not in (None, get_record(uow, access, form_key, record_id).version):
        raise VersionConflict("record-changed")
    delete_record(uow, access, form_key, record_id, origin=API)
    return Response(status=204)


@api.post("/forms/<form_key>/records/batch")
@workspace_api("create_records")
def batch(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Write up to 1000 records; an answer per row, all or nothing with ``atomic``."""
    body = read_object(request)
    problems = _batch_problems(body)
    if problems:
        raise Invalid(problems)
    result = write_batch(
        uow, access, form_key, body["records"], origin=API, mode=body.get("mode", "insert"),
        key=body.get("key"), atomic=body.get("atomic", False),
    )  # fmt: skip
    return api_answers.batch(result, access.locale)


@api.get("/forms/<form_key>/records/<int:record_id>/history")
@workspace_api("read_records")
def history(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Who changed what, newest first."""
    return api_answers.history(uow, access, form_key, record_id)


@api.get("/forms/<form_key>/records/<int:record_id>/timeline")
@workspace_api("read_records")
def timeline(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Everything around this record, newest first."""
    return api_answers.timeline(uow, access, form_key, record_id)


@api.get("/forms/<form_key>/bin")
@workspace_api("delete_records")
def recycle_bin(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """What was deleted and can be had back, newest first."""
    return {"records": [dict(each) for each in list_bin(uow, access, form_key)]}


@api.post("/forms/<form_key>/bin/<int:record_id>/restore")
@workspace_api("delete_records")
def restore(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Bring a record back; 422 when one of its unique values is taken by now."""
    record = restore_record(uow, access, form_key, record_id, origin=API)
    return api_answers.one(uow, record)


def _draft_answer(draft: Draft, status: int = 200) -> Response:
    answer = jsonify(dict(draft.raw))
    answer.status_code = status
    answer.set_etag(f"d{draft.tag}")
    return answer


def _draft_tag() -> int | None:
    """The draft's number in ``If-Match``; 0 for ``If-None-Match: *`` (only when there is none)."""
    if request.if_none_match.star_tag:
        return 0
    given = _match()
    if given is None:
        return None
    if not given.startswith("d") or not given[1:].isdecimal():
        raise VersionConflict("draft-changed", key="")
    return int(given[1:])


def _record_version() -> int | None:
    given = _match()
    if given is None:
        return None
    if not given.isdecimal():
        raise VersionConflict("record-changed")
    return int(given)


def _match() -> str | None:
    """The one tag of ``If-Match``, quoted or bare; None when the header is absent or a star."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None
    if "," in header:
        raise RegularsError("several-tags")
    return header.removeprefix("W/").strip('"')


def _batch_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Every way the frame of a batch is wrong; the rows speak for themselves."""
    problems = [
        Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
        for key in body
        if key not in ("records", "mode", "key", "atomic")
    ]
    rows, mode = body.get("records"), body.get("mode", "insert")
    if not isinstance(rows, list):
        problems.append(Problem("records", "not-a-list"))
    elif len(rows) > MOST_AT_ONCE:
        problems.append(Problem("records", "too-many-records", {"limit": MOST_AT_ONCE}))
    else:
        problems += [
            Problem(f"records/{n}", "not-an-object")
            for n, row in enumerate(rows)
            if not isinstance(row, Mapping)
        ]
    if mode not in MODES:
        problems.append(Problem("mode", "unknown-mode"))
    if not isinstance(body.get("atomic", False), bool):
        problems.append(Problem("atomic", "not-a-boolean", {"value": str(body["atomic"])[:40]}))
    if not isinstance(body.get("key", ""), str):
        problems.append(Problem("key", "not-text"))
    return problems
