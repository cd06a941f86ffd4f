"""The API of changing live forms: where-used, archived fields, changes of type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.form_builder.changing import archiving, ghosts, repairing, retypes
from regulars.form_builder.changing.conversions import possible_types
from regulars.form_builder.changing.ghosts import Ghost
from regulars.form_builder.changing.loss_file import losses_as_csv
from regulars.form_builder.changing.repairing import Replacement
from regulars.form_builder.changing.retypes import Loss, Retype
from regulars.form_builder.changing.used_by import uses_of_field, uses_of_form
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.uses import Use, use_json
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    PUBLISHED,
    TEXT,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.json_body import read_object

USE = named(
    "Use",
    obj({"kind": TEXT, "key": TEXT, "name": TEXT, "path": TEXT, "place": TEXT, "why": TEXT}),
)
REPLACED = named(
    "Replacement",
    obj({
        "kind": TEXT, "key": TEXT, "name": TEXT, "path": TEXT, "place": TEXT, "before": TEXT,
        "after": TEXT, "done": BOOLEAN,
    }),
)  # fmt: skip
REPLACE = obj({"with": TEXT}, {"dry_run": BOOLEAN})
FIELD = obj({"field": TEXT, "definition": OBJECT})
GHOST = named(
    "PutAside",
    obj({
        "id": ID, "form": TEXT, "field": TEXT, "reason": one_of("purged", "retyped"),
        "at": INSTANT, "by": TEXT, "drop_at": INSTANT,
    }),
)  # fmt: skip
RETYPE = named(
    "Retype",
    obj({
        "id": ID, "form": TEXT, "field": TEXT, "before": OBJECT, "after": OBJECT,
        "state": one_of("checking", "checked", "running", "done", "stopped", "cancelled"),
        "work": obj({"done": COUNT, "total": COUNT}), "counts": OBJECT, "lossy": COUNT,
        "undoes": BOOLEAN, "can_undo": BOOLEAN, "error": nullable(OBJECT), "actor": TEXT,
        "created_at": INSTANT, "finished_at": nullable(INSTANT),
    }),
)  # fmt: skip
LOSS = obj({
    "row": ID, "record": ID, "before": TEXT, "after": TEXT, "code": TEXT, "message": TEXT,
})  # fmt: skip
WISH = {"type": "object", "properties": {"type": TEXT}, "required": ["type"]}
PURGE = obj({"confirm": TEXT}, {"now": BOOLEAN})
PAGE = {
    "after": {**COUNT, "maximum": 2**63 - 1},
    "limit": {**COUNT, "minimum": 1, "maximum": 1000},
}

api = Blueprint("changes_api", __name__, url_prefix="/api/v1")


@api.get("/forms/<form_key>/used-by")
@workspace_api("design_forms")
@describe("forms", listing("uses", USE))
def form_uses(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Every other definition that needs this form."""
    return {"uses": _uses(uses_of_form(uow, access, form_key), access)}


@api.get("/forms/<form_key>/fields/<field>/used-by")
@workspace_api("design_forms")
@describe("forms", listing("uses", USE))
def field_uses(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """Every place that uses this field (``amount``, ``items.price``)."""
    return {"uses": _uses(uses_of_field(uow, access, form_key, field), access)}


@api.post("/forms/<form_key>/fields/<field>/replace")
@workspace_api("design_forms")
@describe("forms", listing("places", REPLACED), body=REPLACE)
def replace_uses(
    uow: UnitOfWork, access: Access, form_key: str, field: str
) -> ResponseReturnValue:
    """Let everything that uses the field use ``with`` instead; ``dry_run`` only says what."""
    body = read_shaped(request, REPLACE)
    work = repairing.plan if body.get("dry_run") else repairing.repair
    found = work(uow, access, form_key, field, body["with"])
    return {"places": [replacement_json(each, access.locale) for each in found]}


@api.get("/forms/<form_key>/archived-fields")
@workspace_api("design_forms")
@describe("forms", obj({"fields": array(FIELD), "put_aside": array(GHOST)}))
def archived_fields(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The fields that were put away, and old values that wait to be dropped."""
    found = archiving.archived_fields(uow, access, form_key)
    raw = archiving.archived_json(uow, form_key)
    return {
        "fields": [{"field": ref, "definition": raw[ref]} for ref in found],
        "put_aside": [_ghost(each) for each in ghosts.list_ghosts(uow, form_key)],
    }


@api.post("/forms/<form_key>/fields/<field>/archive")
@workspace_api("design_forms")
@describe("forms", PUBLISHED)
def archive(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """Put a field away, values kept; 422 with every place that still uses it."""
    return _published(archiving.archive_field(uow, access, form_key, field))


@api.post("/forms/<form_key>/fields/<field>/restore")
@workspace_api("design_forms")
@describe("forms", PUBLISHED)
def restore(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """Bring an archived field back with its values."""
    return _published(archiving.restore_field(uow, access, form_key, field))


@api.post("/forms/<form_key>/fields/<field>/purge")
@workspace_api("design_forms")
@describe("forms", GHOST, body=PURGE)
def purge(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """Take an archived field away; ``confirm`` is its name. Values can be had back for 30 days."""
    body = read_shaped(request, PURGE)
    return _ghost(
        archiving.purge_field(
            uow, access, form_key, field, body["confirm"], now=body.get("now", False)
        )
    )


@api.post("/put-aside/<int:number>/take-back")
@workspace_api("design_forms")
@describe("forms", obj({"field": TEXT}))
def take_back(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """Make a purged field an archived one again."""
    return {"field": archiving.take_back(uow, access, number)}


@api.get("/put-aside/<int:number>/values")
@workspace_api("design_forms")
@describe("forms", None, files=("text/csv",))
def kept_values(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """The values that wait to be dropped, as CSV."""
    return csv_answer(archiving.values_as_csv(uow, access, number))


@api.get("/forms/<form_key>/fields/<field>/types")
@workspace_api("design_forms")
@describe("forms", obj({"types": array(TEXT)}))
def types(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """The types this field can become."""
    return {"types": possible_types(retypes.published_field(uow, form_key, field)["type"])}


@api.post("/forms/<form_key>/fields/<field>/retype")
@workspace_api("design_forms")
@describe("forms", {202: RETYPE}, body=WISH)
def retype(uow: UnitOfWork, access: Access, form_key: str, field: str) -> ResponseReturnValue:
    """Rehearse another type (``{"type": "money", …}``); nothing changes until it is confirmed."""
    wish = read_object(request)
    return _retype(uow, retypes.begin(uow, access, form_key, field, wish)), 202


@api.get("/forms/<form_key>/retypes")
@workspace_api("design_forms")
@describe("forms", listing("retypes", RETYPE))
def list_retypes(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The changes of type of a form, newest first."""
    found = retypes.list_retypes(uow, access, form_key)
    return {"retypes": [_retype(uow, each) for each in found]}


@api.get("/retypes/<int:number>")
@workspace_api("design_forms")
@describe("forms", RETYPE)
def get_retype(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """One change of type: how far it is and what it found."""
    return _retype(uow, retypes.get_retype(uow, access, number))


@api.get("/retypes/<int:number>/losses")
@workspace_api("design_forms")
@describe("forms", listing("losses", LOSS, next=nullable(ID)), query=PAGE)
def losses(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """The rows that would not keep everything; go on with ``after`` = ``next``."""
    retypes.get_retype(uow, access, number)
    limit = min(max(_number("limit", 100), 1), 1000)
    found = retypes.losses(uow, access, number, after=_number("after", 0), limit=limit)
    following = found[-1].row if len(found) == limit else None
    return {"losses": [_loss(each, access.locale) for each in found], "next": following}


@api.get("/retypes/<int:number>/losses.csv")
@workspace_api("design_forms")
@describe("forms", None, files=("text/csv",))
def losses_file(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """The same as CSV."""
    return csv_answer(losses_as_csv(uow, access, number))


@api.post("/retypes/<int:number>/confirm")
@workspace_api("design_forms")
@describe("forms", {202: RETYPE})
def confirm(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """Do what was rehearsed."""
    return _retype(uow, retypes.confirm(uow, access, number)), 202


@api.post("/retypes/<int:number>/cancel")
@workspace_api("design_forms")
@describe("forms", RETYPE)
def cancel(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """Stop a change that is not done."""
    return _retype(uow, retypes.cancel(uow, access, number))


@api.post("/retypes/<int:number>/undo")
@workspace_api("design_forms")
@describe("forms", {202: RETYPE})
def undo(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """Rehearse the way back; confirm the answer to go it."""
    return _retype(uow, retypes.begin_undo(uow, access, number)), 202


def csv_answer(lines: Iterable[str]) -> Response:
    """A file of comma-separated values."""
    answer = Response("".join(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=values.csv"
    return answer


def replacement_json(each: Replacement, locale: str) -> dict[str, Any]:
    """One place in the reader's words."""
    return {
        "kind": each.kind, "key": each.key, "name": i18n.pick(each.name, locale),
        "path": each.path, "place": i18n.pick(each.place, locale), "before": each.before,
        "after": each.after, "done": each.is_done,
    }  # fmt: skip


def _uses(uses: Iterable[Use], access: Access) -> list[dict[str, str]]:
    return [use_json(each, access.locale) for each in uses]


def _published(version: int) -> dict[str, Any]:
    return {"version": version, "problems": []}


def _ghost(ghost: Ghost) -> dict[str, Any]:
    return {
        "id": ghost.id, "form": ghost.form, "field": ghost.field, "reason": ghost.reason,
        "at": ghost.at.isoformat(), "by": ghost.by, "drop_at": ghost.drop_at.isoformat(),
    }  # fmt: skip


def _retype(uow: UnitOfWork, job: Retype) -> dict[str, Any]:
    error: Mapping[str, Any] | None = job.error
    return {
        "id": job.id, "form": job.form, "field": job.field, "before": dict(job.before),
        "after": dict(job.after), "state": job.state,
        "work": {"done": job.done, "total": job.total}, "counts": dict(job.counts),
        "lossy": job.n_lossy, "undoes": job.back_to is not None,
        "can_undo": retypes.can_undo(job, uow), "error": None if error is None else dict(error),
        "actor": job.actor, "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }  # fmt: skip


def _loss(loss: Loss, locale: str) -> dict[str, Any]:
    return {
        "row": loss.row, "record": loss.record, "before": loss.before, "after": loss.after,
        "code": loss.code, "message": loss.problem.message(locale),
    }  # fmt: skip


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else otherwise
