"""The API of bulk edits: ``records/bulk`` looks, ``apply`` does it, ``undo`` puts it back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.api_schemas import CONDITION
from regulars.form_builder.bulk import keeping, telling
from regulars.form_builder.bulk.keeping import MOST, BulkEdit
from regulars.form_builder.bulk.wishes import DEEDS, MOST_CHANGES
from regulars.form_builder.origin import AUTOMATION
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    ANY,
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    TEXT,
    array,
    describe,
    listing,
    nullable,
    obj,
    one_of,
)

bulk = Blueprint("bulk_api", __name__, url_prefix="/api/v1/forms/<form_key>/records/bulk")

STATES = ("checking", "checked", "running", "done", "undoing", "undone", "stopped")
CHANGE = obj({"field": TEXT, "do": one_of(*DEEDS)}, {"value": ANY})
ASKED = obj(
    {"changes": array(CHANGE, minItems=1, maxItems=MOST_CHANGES)},
    {"filter": nullable(CONDITION), "q": nullable(TEXT), "ids": array(ID, maxItems=MOST)},
)
HOW = obj({}, {"automation": one_of(*AUTOMATION)})
REASON = obj({"path": TEXT, "code": TEXT, "message": TEXT, "count": COUNT, "records": array(ID)})
SAMPLE = obj({"record": ID, "changes": OBJECT})
TOLD = obj(
    {
        "id": ID, "form": TEXT, "state": one_of(*STATES), "changes": array(OBJECT),
        "automation": one_of(*AUTOMATION), "total": COUNT,
        "counts": {"type": "object", "additionalProperties": COUNT},
        "reasons": array(REASON), "samples": array(SAMPLE), "actor": TEXT,
        "error": nullable(OBJECT), "created_at": INSTANT, "finished_at": nullable(INSTANT),
    }
)  # fmt: skip


@bulk.post("")
@workspace_api("update_records")
@describe("records", {201: TOLD}, body=ASKED)
def look(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """See what ``changes`` would do to ``ids``, or to all that ``filter`` and ``q`` find.

    Nothing is changed yet. Of many records the state is ``checking`` until all are looked at.
    """
    body = read_shaped(request, ASKED)
    chosen: Any = body.get("ids")
    if chosen is None:
        chosen = RecordQuery(filter=body.get("filter"), search=body.get("q") or None)
    made = keeping.create(uow, access, form_key, chosen, body["changes"], origin="api")
    answer = _answer(uow, access, made, 201)
    answer.headers["Location"] = url_for("bulk_api.show", form_key=form_key, number=made.id)
    return answer


@bulk.get("")
@workspace_api("update_records")
@describe("records", listing("bulk_edits", OBJECT))
def list_bulk(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The latest, newest first, without their records."""
    return {"bulk_edits": [_head(each) for each in keeping.list_all(uow, access, form_key)]}


@bulk.get("/<int:number>")
@workspace_api("update_records")
@describe("records", TOLD)
def show(uow: UnitOfWork, access: Access, form_key: str, number: int) -> ResponseReturnValue:
    """How far it is: ``counts`` by outcome, ``reasons`` with the first records of each."""
    return _answer(uow, access, keeping.get(uow, access, form_key, number))


@bulk.post("/<int:number>/apply")
@workspace_api("update_records")
@describe("records", {202: TOLD}, body=HOW, body_optional=True)
def apply(uow: UnitOfWork, access: Access, form_key: str, number: int) -> ResponseReturnValue:
    """Do it. A record saved since it was looked at stays as it is.

    Rules start for the records only with ``automation`` live.
    """
    how = read_optional(request, HOW).get("automation", "none")
    return _answer(uow, access, keeping.apply(uow, access, form_key, number, automation=how), 202)


@bulk.post("/<int:number>/undo")
@workspace_api("update_records")
@describe("records", {202: TOLD})
def undo(uow: UnitOfWork, access: Access, form_key: str, number: int) -> ResponseReturnValue:
    """Put back what it changed, where nobody has saved since."""
    return _answer(uow, access, keeping.undo(uow, access, form_key, number), 202)


@bulk.delete("/<int:number>")
@workspace_api("update_records")
@describe("records", {204: None})
def discard(uow: UnitOfWork, access: Access, form_key: str, number: int) -> ResponseReturnValue:
    """Forget one that has changed nothing."""
    keeping.discard(uow, access, form_key, number)
    return Response(status=204)


def _answer(uow: UnitOfWork, access: Access, found: BulkEdit, status: int = 200) -> Response:
    samples = telling.samples_of(uow, access, found) if found.state == "checked" else []
    told = {
        **_head(found),
        "counts": dict(telling.counts_of(uow, found)),
        "reasons": [
            {
                **each.problem.as_json(access.locale), "count": each.count,
                "records": [record for record, _title in each.records],
            }
            for each in telling.reasons_of(uow, access, found)
        ],
        "samples": [
            {"record": entry.id, "changes": {k: list(v) for k, v in entry.changes.items()}}
            for _title, entry in samples
        ],
    }  # fmt: skip
    return make_response(told, status)


def _head(found: BulkEdit) -> dict[str, Any]:
    return {
        "id": found.id, "form": found.form, "state": found.state,
        "changes": [{k: v for k, v in each.items() if k != "text"} for each in found.changes],
        "automation": found.automation, "total": found.total, "actor": found.actor_name,
        "error": None if found.error is None else dict(found.error),
        "created_at": plain_json(found.created_at),
        "finished_at": plain_json(found.finished_at),
    }  # fmt: skip
