"""The API of addresses that programs post to, the door itself, and events told by name."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.addresses import absolute
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.events import Event, record_events
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    ID,
    INSTANT,
    INTEGER,
    TEXT,
    Schema,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
    one_of,
)
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.json_body import read_object
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine import hook_taking, hooks
from regulars.rule_engine.hook_taking import MOST_BYTES, Call
from regulars.rule_engine.hooks import HookMap, HookWish
from regulars.rule_engine.triggers.outside import EVENT

api = Blueprint("hooks_api", __name__, url_prefix="/api/v1")

_NAMES: Schema = {"type": "object", "additionalProperties": TEXT}
MAPS = obj(
    {"form": TEXT, "match": TEXT, "at": TEXT}, {"values": _NAMES, "version": nullable(TEXT)}
)
HOOK: Schema = named(
    "Hook",
    obj(
        {
            "key": TEXT, "name": TEXT, "state": one_of("active", "paused"), "url": TEXT,
            "maps": nullable(MAPS), "created_at": INSTANT,
        },
        {"secret": TEXT},
    ),
)  # fmt: skip
NEW_HOOK = obj({"key": TEXT}, {"name": TEXT, "maps": nullable(MAPS)})
CHANGED_HOOK = obj({"name": TEXT}, {"maps": nullable(MAPS)})
CALL = obj(
    {
        "message": TEXT, "type": nullable(TEXT), "outcome": TEXT, "repeats": INTEGER,
        "problems": nullable(array({"type": "object"})), "form": nullable(TEXT),
        "record": nullable(ID), "at": INSTANT,
    }
)  # fmt: skip
TOLD = obj(
    {"name": {"type": "string", "pattern": "^[a-z](_?[a-z0-9]){0,47}$"}},
    {"form": TEXT, "record": ID, "data": {"type": "object"}},
)


@api.post("/hooks/<token>")
@lambda view: declare(
    view, Permission("everyone", csrf=False, max_body=MOST_BYTES, secret_address=True)
)
def take(token: str) -> ResponseReturnValue:
    """Take in what a program posts, signed as Standard Webhooks says."""
    wanted, _dash, _rest = token.partition("-")
    database, seal = installation().database, installation().seal
    place = next((e for e in list_workspaces(database) if str(e.id) == wanted), None)
    if place is None:
        raise NotFound("no-such-address")
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call.of(headers, request.get_data(cache=True))
    now = request_now()
    with database.workspace_tx(place, write=False, now=now) as uow:
        row = hook_taking.find_by_token(uow, token)
        if row is None:
            raise NotFound("no-such-address")
        hook_taking.prove(uow, seal, row, call)
    body = read_object(request)
    try:
        with database.workspace_tx(place, now=now) as uow:
            taken = hook_taking.take(uow, row, call, body)
    except Invalid as invalid:
        problems = [
            {"path": p.path, "code": p.code, "params": hook_taking.plain(dict(p.params))}
            for p in invalid.problems
        ]
        with database.workspace_tx(place, now=now) as uow:
            hook_taking.note_refusal(uow, row, call, body, problems)
        raise
    return jsonify(outcome=taken.outcome, repeated=taken.repeated)


@api.get("/hooks")
@workspace_api("manage_tokens")
@describe("hooks", listing("hooks", HOOK))
def list_hooks(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The addresses that programs post to; their secrets are never told again."""
    return {"hooks": [hook_json(row) for row in hooks.list_hooks(uow)]}


@api.post("/hooks")
@workspace_api("manage_tokens")
@describe("hooks", {201: HOOK}, body=NEW_HOOK)
def add_hook(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make an address; the answer holds the secret, this once."""
    body = read_shaped(request, NEW_HOOK)
    wish = HookWish(body["key"], body.get("name", ""), _maps(body))
    made = hooks.add_hook(uow, access, installation().seal, wish)
    answer = jsonify({**hook_json(hooks.get_hook(uow, wish.key)), "secret": made.secret})
    answer.status_code = 201
    return answer


@api.put("/hooks/<key>")
@workspace_api("manage_tokens")
@describe("hooks", HOOK, body=CHANGED_HOOK)
def change_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Another name, another map."""
    body = read_shaped(request, CHANGED_HOOK)
    hooks.change_hook(uow, access, HookWish(key, body["name"], _maps(body)))
    return hook_json(hooks.get_hook(uow, key))


@api.post("/hooks/<key>/secret")
@workspace_api("manage_tokens")
@describe("hooks", HOOK)
def rotate_secret(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Another secret; the one before is good for a day more."""
    made = hooks.rotate_secret(uow, access, installation().seal, key)
    return {**hook_json(hooks.get_hook(uow, key)), "secret": made.secret}


@api.post("/hooks/<key>/pause")
@workspace_api("manage_tokens")
@describe("hooks", HOOK)
def pause_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take nothing for now; senders are asked to come again."""
    hooks.set_state(uow, access, key, "paused")
    return hook_json(hooks.get_hook(uow, key))


@api.post("/hooks/<key>/resume")
@workspace_api("manage_tokens")
@describe("hooks", HOOK)
def resume_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take calls again."""
    hooks.set_state(uow, access, key, "active")
    return hook_json(hooks.get_hook(uow, key))


@api.delete("/hooks/<key>")
@workspace_api("manage_tokens")
@describe("hooks", {204: None})
def remove_hook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take an address away."""
    hooks.remove_hook(uow, access, key)
    return "", 204


@api.get("/hooks/<key>/calls")
@workspace_api("manage_tokens")
@describe("hooks", listing("calls", CALL))
def last_calls(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What was posted last and what came of it, newest first."""
    return {"calls": [call_json(row) for row in hooks.last_calls(uow, key)]}


@api.post("/events")
@workspace_api("run_rules")
@describe("events", {202: obj({"name": TEXT})}, body=TOLD)
def tell_event(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Tell of something by name, about a record of a form; rules with such a trigger start."""
    body = read_shaped(request, TOLD)
    form, record = body.get("form"), body.get("record")
    if (form is None) != (record is None):
        raise Invalid([Problem("record" if record is None else "form", "required")])
    if form is not None and record is not None:
        catalog_of(uow).get_form(form)
        get_record(uow, access, form, record)
    data = {"name": body["name"], "data": hook_taking.plain(body.get("data", {}))}
    record_events(uow, [Event(EVENT, form, record, data=data, actor=access.actor)])
    answer = jsonify(name=body["name"])
    answer.status_code = 202
    return answer


def hook_json(row: Any) -> dict[str, Any]:
    """An address as outside clients read it."""
    return {
        "key": row.key, "name": row.name, "state": row.state, "url": url_of(row),
        "maps": row.maps, "created_at": row.created_at,
    }  # fmt: skip


def url_of(row: Any) -> str:
    """The whole address that a program posts to."""
    return absolute(f"/api/v1/hooks/{row.token}")


def call_json(row: Any) -> dict[str, Any]:
    """A call as outside clients read it; what was said in it is not told again."""
    return {
        "message": row.message, "type": row.type, "outcome": row.outcome, "repeats": row.repeats,
        "problems": row.problems, "form": row.form, "record": row.record, "at": row.at,
    }  # fmt: skip


def _maps(body: dict[str, Any]) -> HookMap | None:
    return HookMap.from_json(body["maps"]) if body.get("maps") else None
