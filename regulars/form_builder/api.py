"""The API of forms and records under ``/api/v1``: the services and permissions of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.form_builder import api_answers, record_schema, service
from regulars.form_builder import api_schemas as shapes
from regulars.form_builder.api_queries import query_from_args, query_from_body
from regulars.form_builder.api_tags import expected_version, tagged
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.origin import API, AUTOMATION
from regulars.form_builder.people.parting import restore_or_part
from regulars.form_builder.people.pointers import MergedInto
from regulars.form_builder.putting_back import put_back
from regulars.form_builder.records import (
    MODES,
    create_record,
    delete_record,
    get_record,
    list_bin,
    purge_record,
    update_record,
    write_batch,
)
from regulars.form_builder.told_definitions import is_known, told_form, told_forms
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_optional
from regulars.platform.web.api_route import (
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    PROBLEM,
    PUBLISHED,
    STATE_QUERY,
    TEXT,
    array,
    definition_of,
    describe,
    listing,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.errors import problem_json
from regulars.platform.web.json_body import read_object

MOST_AT_ONCE = 1000

FORM = definition_of("form")
VERSIONS = obj(
    {
        "versions": {"type": "object", "additionalProperties": COUNT},
        "problems": array(PROBLEM, maxItems=0),
    }
)
BIN_ENTRY = obj({"record": ID, "title": TEXT, "deleted_at": INSTANT, "deleted_by": nullable(TEXT)})

api = Blueprint("forms_api", __name__, url_prefix="/api/v1")


@api.get("/forms")
@workspace_api("read_records")
@describe("forms", listing("forms", FORM), query=STATE_QUERY)
def list_forms(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published definition; ``?state=draft`` every working copy."""
    if definition_answers.wants_drafts():
        access.require(service.CAPABILITY)
        return {"forms": [dict(draft.raw) for draft in store.list_drafts(uow, "form")]}
    return {"forms": told_forms(access, _published(uow))}


@api.post("/forms")
@workspace_api("design_forms")
@describe("forms", {201: FORM}, body=FORM, tagged="draft")
def create_form(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new definition as a draft; 409 when its key is taken."""
    save = partial(_save, uow, access)
    return definition_answers.create(uow, access, "form", service.FormExists, save)


@api.get("/forms/<form_key>")
@workspace_api("read_records")
@describe("forms", FORM, query=STATE_QUERY, tagged="draft")
def get_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The published definition, or the draft with ``?state=draft``."""
    if not is_known(access, form_key):
        raise NotFound("no-form", key=form_key)

    def told(raw: Mapping[str, Any]) -> dict[str, Any]:
        return told_form(access, raw, _published(uow))

    return definition_answers.read(uow, access, "form", form_key, told)


def _published(uow: UnitOfWork) -> list[Mapping[str, Any]]:
    return [each.raw for each in snapshot(uow).items.values() if each.kind == "form"]


@api.get("/forms/<form_key>/schema")
@workspace_api("read_records")
@describe("forms", obj({"create": OBJECT, "update": OBJECT, "record": OBJECT}))
def form_schema(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """JSON Schemas of the records: to ``create``, to ``update``, and a ``record`` as read."""
    catalog = catalog_for(uow, access)
    return {
        "create": record_schema.create_schema(catalog, form_key, access.locale),
        "update": record_schema.update_schema(catalog, form_key, access.locale),
        "record": record_schema.record_schema(catalog, form_key, access.locale),
    }


@api.put("/forms/<form_key>")
@workspace_api("design_forms")
@describe(
    "forms", {200: FORM, 201: FORM}, body=FORM, tagged="draft", query={"merge": one_of("true")}
)
def put_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape.

    ``?merge=true`` brings an outdated one together with what others changed; 409 names a clash.
    """
    return definition_answers.replace(uow, access, "form", form_key, partial(_save, uow, access))


@api.post("/forms/<form_key>/publish")
@workspace_api("design_forms")
@describe("forms", PUBLISHED)
def publish_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Publish one draft; 422 with every problem."""
    versions = service.publish_forms(uow, access, [form_key])
    return {"version": versions[form_key], "problems": []}


@api.post("/definitions/publish")
@workspace_api("design_forms")
@describe("forms", VERSIONS, body=obj({"forms": array(TEXT, minItems=1)}))
def publish_together(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Publish ``{"forms": [keys]}`` together, so that they may refer to each other."""
    body = read_object(request)
    keys = body.get("forms")
    unknown = [
        Problem(str(key)[:60], "unknown-key", {"key": key[:60]}) for key in body if key != "forms"
    ]
    if unknown:
        raise Invalid(unknown)
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise Invalid([Problem("forms", "not-a-list")])
    return {"versions": service.publish_forms(uow, access, keys), "problems": []}


@api.delete("/forms/<form_key>")
@workspace_api("design_forms")
@describe("forms", {204: None})
def archive_form(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Take a form out of use; its records stay."""
    service.archive_form(uow, access, form_key)
    return Response(status=204)


@api.get("/forms/<form_key>/records")
@workspace_api("read_records")
@describe("records", shapes.RECORD_PAGE, query=shapes.LIST_QUERY, each="form")
def list_records(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """A page of records by ``filter, sort, fields, limit, cursor, count`` and ``q`` (words)."""
    return api_answers.page(uow, access, form_key, *query_from_args(request.args))


@api.post("/forms/<form_key>/records/search")
@workspace_api("read_records", writes=False)
@describe("records", shapes.RECORD_PAGE, body=shapes.SEARCH_BODY, each="form")
def search_records(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The list with a JSON body."""
    return api_answers.page(uow, access, form_key, *query_from_body(read_object(request)))


@api.post("/forms/<form_key>/records")
@workspace_api("create_records")
@describe("records", {201: shapes.RECORD}, body=shapes.VALUES, each="form", tagged="record")
def add_record(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Make one record."""
    record = create_record(uow, access, form_key, read_object(request), origin=API)
    answer = tagged(api_answers.one(uow, access, record), 201)
    answer.headers["Location"] = url_for(
        "forms_api.read_record", form_key=form_key, record_id=record.id
    )
    return answer


@api.get("/forms/<form_key>/records/<int:record_id>")
@workspace_api("read_records")
@describe("records", shapes.RECORD, each="form", tagged="record")
def read_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """One record with its rows."""
    try:
        record = get_record(uow, access, form_key, record_id)
    except MergedInto as merged:
        words, into = merged.message(access.locale), merged.params["into"]
        return problem_json(404, merged.code, words, problems=[], merged_into=into)
    return tagged(api_answers.one(uow, access, record)).make_conditional(request)


@api.patch("/forms/<form_key>/records/<int:record_id>")
@workspace_api("update_records")
@describe("records", shapes.RECORD, body=shapes.CHANGES, each="form", tagged="record")
def change_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Change the given fields; 412 when ``If-Match`` is not the record's version."""
    body = read_object(request)
    current = partial(_version_of, uow, access, form_key, record_id)
    record = update_record(
        uow, access, form_key, record_id, body,
        origin=API, expected_version=expected_version(current),
    )  # fmt: skip
    return tagged(api_answers.one(uow, access, record))


@api.delete("/forms/<form_key>/records/<int:record_id>")
@workspace_api("delete_records")
@describe("records", {204: None}, each="form", tagged="record")
def remove_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Move a record to the recycle bin."""
    expected_version(partial(_version_of, uow, access, form_key, record_id))
    delete_record(uow, access, form_key, record_id, origin=API)
    return Response(status=204)


@api.post("/forms/<form_key>/records/batch")
@workspace_api("enter")  # which verb it needs is said by its mode
@describe("records", shapes.BATCH_RESULT, body=shapes.BATCH_BODY, each="form")
def batch(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Write up to 1000 records; an answer per row, all or nothing with ``atomic``.

    They start rules only with ``automation`` live.
    """
    body = read_object(request)
    problems = _batch_problems(body)
    if problems:
        raise Invalid(problems)
    result = write_batch(
        uow, access, form_key, body["records"], mode=body.get("mode", "insert"),
        key=body.get("key"), atomic=body.get("atomic", False),
        origin=replace(API, automation=body.get("automation", "none")),
    )  # fmt: skip
    return api_answers.batch(result, access.locale)


@api.get("/forms/<form_key>/records/<int:record_id>/history")
@workspace_api("read_records")
@describe("records", listing("history", shapes.HISTORY_ENTRY, form_version=COUNT))
def history(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Who changed what, newest first."""
    return api_answers.history(uow, access, form_key, record_id)


@api.post("/forms/<form_key>/records/<int:record_id>/history/<int:entry_id>/put-back")
@workspace_api("update_records")
@describe("records", shapes.RECORD, body=shapes.PUT_BACK)
def put_values_back(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, entry_id: int
) -> ResponseReturnValue:
    """Give ``fields`` (else all of it) the values from before this line of the history."""
    keys = read_optional(request, shapes.PUT_BACK).get("fields", ())
    record = put_back(uow, access, form_key, record_id, entry_id, keys, origin=API)
    return tagged(api_answers.one(uow, access, record))


@api.get("/forms/<form_key>/records/<int:record_id>/timeline")
@workspace_api("read_records")
@describe("records", listing("timeline", shapes.TIMELINE_ENTRY))
def timeline(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Everything around this record, newest first."""
    return api_answers.timeline(uow, access, form_key, record_id)


@api.get("/forms/<form_key>/bin")
@workspace_api("delete_records")
@describe("records", listing("records", BIN_ENTRY))
def recycle_bin(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """What was deleted and can be had back, newest first."""
    return {"records": [dict(each) for each in list_bin(uow, access, form_key)]}


@api.delete("/forms/<form_key>/bin/<int:record_id>")
@workspace_api("delete_records")
@describe("records", {204: None})
def purge(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Take a record out of the recycle bin for good; there is no way back."""
    purge_record(uow, access, form_key, record_id)
    return Response(status=204)


@api.post("/forms/<form_key>/bin/<int:record_id>/restore")
@workspace_api("delete_records")
@describe("records", shapes.RECORD)
def restore(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Bring a record back; 422 when one of its unique values is taken by now."""
    record = restore_or_part(uow, access, form_key, record_id, origin=API)
    return api_answers.one(uow, access, record)


def _save(uow: UnitOfWork, access: Access, raw: Mapping[str, Any], tag: int | None) -> Draft:
    return service.put_form(uow, access, raw, tag=tag)


def _version_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> int:
    return get_record(uow, access, form_key, record_id).version


def _batch_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Every way the frame of a batch is wrong; the rows speak for themselves."""
    problems = [
        Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
        for key in body
        if key not in ("records", "mode", "key", "atomic", "automation")
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
    if body.get("automation", "none") not in AUTOMATION:
        problems.append(Problem("automation", "unknown-automation"))
    if not isinstance(body.get("atomic", False), bool):
        problems.append(Problem("atomic", "not-a-boolean", {"value": str(body["atomic"])[:40]}))
    if not isinstance(body.get("key", ""), str):
        problems.append(Problem("key", "not-text"))
    return problems
