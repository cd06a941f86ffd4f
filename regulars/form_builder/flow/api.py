"""The API of states: where a record stands, moving it, and the approvals on the way."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.api_tasks import TASK, task_json
from regulars.form_builder.flow import deciding, offering
from regulars.form_builder.flow.naming import state_name, way_name
from regulars.form_builder.flow.offering import SignerSeen, Standing, standing_of
from regulars.form_builder.records import get_record
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.tasks import service as tasks
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    INSTANT,
    TEXT,
    Schema,
    array,
    describe,
    named,
    nullable,
    obj,
    one_of,
)

api = Blueprint("states_api", __name__, url_prefix="/api/v1")

WAY = obj({"to": TEXT, "label": TEXT, "missing": array(TEXT), "met": BOOLEAN, "comment": BOOLEAN})
SIGNER = obj(
    {
        "member": nullable(ID), "role": nullable(TEXT),
        "state": one_of("waiting", "open", "approved", "returned", "skipped"),
        "due_at": nullable(INSTANT), "task": nullable(ID), "mine": BOOLEAN, "stuck": BOOLEAN,
        "decided_at": nullable(INSTANT), "decided_by": nullable(TEXT),
    }
)  # fmt: skip
APPROVAL = obj(
    {
        "id": ID, "needs": one_of("one", "all", "in_order"), "applicant": TEXT,
        "opened_at": INSTANT, "signers": array(SIGNER),
    }
)  # fmt: skip
STANDING: Schema = named(
    "RecordState",
    obj(
        {
            "state": TEXT, "label": TEXT, "final": BOOLEAN, "ways": array(WAY),
            "approval": nullable(APPROVAL),
        }
    ),
)  # fmt: skip
MOVE = obj({"to": TEXT}, {"comment": TEXT, "version": COUNT})
WORDS = obj({}, {"comment": TEXT})
HAND = obj({"member": ID}, {"comment": TEXT})
MORE = obj({"member": ID, "when": one_of("before", "after")}, {"comment": TEXT})
_AT = "/forms/<form_key>/records/<int:record_id>"


@api.get(f"{_AT}/state")
@workspace_api("read_records")
@describe("states", STANDING)
def show(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """The state, the ways you may go with what they still ask for, and the open approval."""
    return _standing(uow, access, form_key, record_id)


@api.post(f"{_AT}/move")
@workspace_api("read_records")
@describe("states", STANDING, body=MOVE)
def move_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Take the record to the state ``to``; 422 names the states you may choose."""
    body = read_shaped(request, MOVE)
    offering.move(
        uow, access, form_key, record_id, body["to"], note=body.get("comment", ""),
        version=body.get("version"), kind="api",
    )  # fmt: skip
    return _standing(uow, access, form_key, record_id)


@api.post(f"{_AT}/withdraw")
@workspace_api("read_records")
@describe("states", STANDING, body=WORDS, body_optional=True)
def take_back(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Take your own request for approval back."""
    note = read_optional(request, WORDS).get("comment", "")
    get_record(uow, access, form_key, record_id)
    deciding.withdraw(uow, access, form_key, record_id, note)
    return _standing(uow, access, form_key, record_id)


@api.post(f"{_AT}/ask-again")
@workspace_api("update_records")
@describe("states", STANDING)
def ask(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Ask for the signatures of a state in which nobody is being asked."""
    get_record(uow, access, form_key, record_id, verb="update")
    deciding.ask_again(uow, access, form_key, record_id)
    return _standing(uow, access, form_key, record_id)


@api.post("/tasks/<int:task_id>/hand-over")
@workspace_api("enter")
@describe("states", TASK, body=HAND)
def hand_on(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Give your turn to sign to another member."""
    body = read_shaped(request, HAND)
    deciding.hand_over(uow, access, task_id, body["member"], body.get("comment", ""))
    return task_json(tasks.find_task(uow, task_id))


@api.post("/tasks/<int:task_id>/add-signer")
@workspace_api("enter")
@describe("states", TASK, body=MORE)
def add(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Ask one member more to sign, before you or after you."""
    body = read_shaped(request, MORE)
    deciding.add_signer(
        uow, access, task_id, body["member"], before=body["when"] == "before",
        note=body.get("comment", ""),
    )  # fmt: skip
    return task_json(tasks.find_task(uow, task_id))


def _standing(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> dict[str, Any]:
    get_record(uow, access, form_key, record_id)
    found = standing_of(uow, access, form_key, record_id)
    if found is None:
        raise NotFound("no-states")
    return standing_json(found, access.locale)


def standing_json(found: Standing, locale: str) -> dict[str, Any]:
    """Where a record stands as outside clients read it."""
    ways = [
        {
            "to": each.way.to, "label": i18n.pick(way_name(found.form, each.way), locale),
            "missing": list(each.missing), "met": each.met, "comment": each.way.comment,
        }
        for each in found.ways
    ]  # fmt: skip
    return {
        "state": found.state.value,
        "label": i18n.pick(state_name(found.form, found.state.value), locale),
        "final": found.state.final, "ways": ways, "approval": _approval(found),
    }  # fmt: skip


def _approval(found: Standing) -> dict[str, Any] | None:
    request = found.request
    if request is None:
        return None
    return {
        "id": request.id, "needs": request.needs, "applicant": request.applicant_name,
        "opened_at": request.opened_at, "signers": [_signer(each) for each in found.signers],
    }  # fmt: skip


def _signer(each: SignerSeen) -> dict[str, Any]:
    row = each.row
    return {
        "member": row.member, "role": row.role, "state": row.state, "due_at": row.due_at,
        "task": row.task, "mine": each.mine, "stuck": row.stuck_at is not None,
        "decided_at": row.decided_at, "decided_by": row.decided_name,
    }  # fmt: skip
