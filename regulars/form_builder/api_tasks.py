"""The API of the inbox: list, add and finish tasks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.instants import read_instant
from regulars.platform.problems import Problem
from regulars.platform.tasks import service
from regulars.platform.tasks.service import NewTask, TasksWanted
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    ID,
    INSTANT,
    TEXT,
    Schema,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)

api = Blueprint("tasks_api", __name__, url_prefix="/api/v1")

TASK: Schema = named(
    "Task",
    obj(
        {
            "id": ID, "kind": one_of("task", "approval"), "title": TEXT,
            "details": nullable(TEXT), "form": nullable(TEXT), "record": nullable(ID),
            "unit": nullable(ID), "member": nullable(ID), "role": nullable(TEXT),
            "state": one_of("open", "done", "cancelled"), "outcome": nullable(TEXT),
            "note": nullable(TEXT), "due_at": nullable(INSTANT), "rule": nullable(TEXT),
            "run": nullable(ID), "created_at": INSTANT, "finished_at": nullable(INSTANT),
            "finished_by": nullable(TEXT),
        }
    ),
)  # fmt: skip
NEW_TASK = obj(
    {"title": TEXT},
    {
        "details": nullable(TEXT), "form": nullable(TEXT), "record": nullable(ID),
        "unit": nullable(ID), "member": nullable(ID), "role": nullable(TEXT),
        "due_at": nullable(TEXT),
    },
)  # fmt: skip
FINISH = obj(
    {}, {"outcome": one_of("done", "approved", "rejected", "returned"), "note": TEXT, "to": TEXT}
)
_KEYS = (
    "id", "kind", "title", "details", "form", "record", "unit", "member", "role", "state",
    "outcome", "note", "due_at", "rule", "run", "created_at", "finished_at", "finished_by",
)  # fmt: skip


@api.get("/tasks")
@workspace_api("enter")
@describe("tasks", listing("tasks", TASK), query={"state": one_of("open", "done"), "before": ID})
def list_tasks(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Tasks the token's role may see: ``state=open`` (those due first) or ``done``."""
    state = "done" if request.args.get("state") == "done" else "open"
    wanted = TasksWanted(state, below=request.args.get("before", type=stored_id))
    return {"tasks": [task_json(row) for row in service.list_tasks(uow, access, wanted)]}


@api.post("/tasks")
@workspace_api("enter")
@describe("tasks", {201: TASK}, body=NEW_TASK)
def create_task(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Put a task into the inbox of a member, of a role, or of everybody."""
    body = read_shaped(request, NEW_TASK)
    due = read_instant(uow, body.pop("due_at", None), "due_at")
    wish = NewTask(**body, due_at=due)
    problems = service.check_who(uow, wish)
    if (wish.form is None) != (wish.record is None):
        problems.append(Problem("record" if wish.record is None else "form", "required"))
    if problems:
        raise Invalid(problems)
    if wish.form is not None and wish.record is not None:
        get_record(uow, access, wish.form, wish.record)  # what may not be read is not found
    made = service.create_task(uow, access, wish)
    answer = jsonify(task_json(service.find_task(uow, made)))
    answer.status_code = 201
    return answer


@api.post("/tasks/<int:task_id>/finish")
@workspace_api("enter")
@describe("tasks", TASK, body=FINISH, body_optional=True)
def finish_task(uow: UnitOfWork, access: Access, task_id: int) -> ResponseReturnValue:
    """Say that it is done; an approval ends ``approved`` or ``rejected``.

    That of a record ends ``approved``, or ``returned`` with a ``note`` and the state ``to``.
    """
    body = read_optional(request, FINISH)
    done = service.finish_task(
        uow, access, task_id, body.get("outcome"), body.get("note", ""), body.get("to")
    )
    return task_json(done)


def task_json(row: Any) -> dict[str, Any]:
    """A task as the API tells it."""
    return {key: getattr(row, key) for key in _KEYS}
