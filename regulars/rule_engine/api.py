"""The API of rules and message texts under ``/api/v1``: the services of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Conflict, Invalid, NotFound, VersionConflict
from regulars.platform.expressions.findings import Finding
from regulars.platform.problems import Problem
from regulars.platform.web.json_body import read_object
from regulars.rule_engine import overview, service
from regulars.rule_engine.api_activity import limit_of, read_instant, record_id_of
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.rehearsal import Rehearsal, rehearse
from regulars.rule_engine.schema import rule_problems
from regulars.rule_engine.why import explain_rule

api = Blueprint("rules_api", __name__, url_prefix="/api/v1")


class DefinitionExists(Conflict):
    """A definition of this kind and key is there already."""

    code = "definition-exists"


@api.get("/rules")
@workspace_api("edit_rules")
def list_rules(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every rule with its state and figures; ``?state=draft`` the working copies."""
    if request.args.get("state") == "draft":
        return {"rules": [dict(draft.raw) for draft in store.list_drafts(uow, "rule")]}
    return {"rules": [_figures(row) for row in overview.list_rules(uow, access)]}


@api.post("/rules")
@workspace_api("edit_rules")
def create_rule(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new rule as a draft; 409 when its key is taken."""
    return _create(uow, access, "rule", "rules_api.get_rule")


@api.get("/rules/<key>")
@workspace_api("edit_rules")
def get_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published rule, or the draft with ``?state=draft``."""
    return _get(uow, "rule", key)


@api.put("/rules/<key>")
@workspace_api("edit_rules")
def put_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return _put(uow, access, "rule", key)


@api.post("/rules/<key>/publish")
@workspace_api("edit_rules")
def publish_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem. Who fits already is backlog."""
    versions = store.publish(uow, access, [("rule", key)])
    return {"version": versions["rule", key], "problems": []}


@api.delete("/rules/<key>")
@workspace_api("edit_rules")
def archive_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a rule out of use: its runs end, its history stays."""
    service.archive_rule(uow, access, key)
    return Response(status=204)


@api.post("/rules/<key>/pause")
@workspace_api("run_rules")
def pause_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Stop a rule: nobody enters, no step is done, nothing queued leaves."""
    service.pause_rule(uow, access, key)
    return {"state": service.state_of(uow, key)}


@api.post("/rules/<key>/resume")
@workspace_api("run_rules")
def resume_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Let a rule act again; ``backlog`` (skip or enrol) is about those who fit by now."""
    backlog = _optional_body().get("backlog")
    if backlog not in (None, "skip", "enrol"):
        allowed = {"allowed": ["skip", "enrol"]}
        raise Invalid([Problem("backlog", "shape-enum", allowed)])
    service.resume_rule(uow, access, key, backlog=backlog)
    return {"state": service.state_of(uow, key)}


@api.post("/rules/<key>/enrol")
@workspace_api("run_rules")
def enrol(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Let people in who fit now, the backlog included; at most ``{"limit": n}`` of them."""
    done = service.enrol_people(uow, access, key, limit=limit_of(_optional_body()))
    return {"entered": done.entered, "known": done.known, "held": done.held}


@api.post("/rules/<key>/run")
@workspace_api("run_rules")
def start(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Start a rule for chosen records: ``{"records": [ids]}``."""
    records = read_object(request).get("records")
    if not isinstance(records, list) or not all(_is_id(each) for each in records):
        raise Invalid([Problem("records", "not-a-list")])
    done = service.start_manually(uow, access, key, records)
    return {"entered": done.entered, "known": done.known, "held": done.held}


@api.post("/rules/<key>/count")
@workspace_api("edit_rules", writes=False)
def count(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """How many fit now, with a few of them; of the rule in the body, else of the draft."""
    found = service.count_matches(uow, access, _rule(uow, key, _optional_body().get("rule")))
    sample = [
        {"id": record, "title": title, "finding": _finding_json(found.findings.get(record))}
        for record, title in found.sample
    ]
    return {"form": found.form, "count": found.count, "sample": sample}


@api.post("/rules/<key>/explain")
@workspace_api("edit_rules", writes=False)
def explain(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Why the rule acts or not for ``{"record": id}``, as of ``at`` or now."""
    body = read_object(request)
    uow.now = read_instant(uow, body.get("at")) or uow.now
    found = explain_rule(uow, access, key, record_id_of(body))
    answer = found.as_json(access.locale)
    return {**answer, "at": json_instant(found.at)}


@api.post("/rules/<key>/test")
@workspace_api("edit_rules")
def test(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Go through the draft for ``{"record": id}`` without writing or sending anything."""
    body = read_object(request)
    rule = _rule(uow, key, body.get("rule"))
    answered = body.get("answered") is True
    return rehearsal_json(rehearse(uow, access, rule, record_id_of(body), answered=answered))


@api.get("/message-texts")
@workspace_api("edit_rules")
def list_texts(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every message text, published or not."""
    return {"message_texts": [dict(draft.raw) for draft in store.list_drafts(uow, "message")]}


@api.post("/message-texts")
@workspace_api("edit_rules")
def create_text(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new message text as a draft; 409 when its key is taken."""
    return _create(uow, access, "message", "rules_api.get_text")


@api.get("/message-texts/<key>")
@workspace_api("edit_rules")
def get_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published message text, or the draft with ``?state=draft``."""
    return _get(uow, "message", key)


@api.put("/message-texts/<key>")
@workspace_api("edit_rules")
def put_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft of a message text."""
    return _put(uow, access, "message", key)


@api.post("/message-texts/<key>/publish")
@workspace_api("edit_rules")
def publish_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft of a message text; 422 when a rule could no longer send it."""
    versions = store.publish(uow, access, [("message", key)])
    return {"version": versions["message", key], "problems": []}


def rehearsal_json(found: Rehearsal) -> dict[str, Any]:
    """A rehearsal as outside clients read it."""
    return {
        "record": found.record,
        "outcome": found.outcome,
        "steps": [
            {
                "path": step.path, "do": step.do, "outcome": step.outcome,
                "input": step.input, "output": step.output, "reason": step.reason,
                "verdict": step.verdict,
            }
            for step in found.steps
        ],
    }  # fmt: skip


def json_instant(value: datetime) -> str:
    """An instant at the border."""
    return value.isoformat().replace("+00:00", "Z")


def _create(uow: UnitOfWork, access: Access, kind: str, endpoint: str) -> Response:
    raw = read_object(request)
    if store.find_draft(uow, kind, str(raw.get("key", ""))) is not None:
        raise DefinitionExists(key=raw["key"])
    draft = store.save_draft(uow, access, kind, {"kind": kind, **raw})
    answer = _draft_answer(draft, 201)
    answer.headers["Location"] = url_for(endpoint, key=draft.key)
    return answer


def _get(uow: UnitOfWork, kind: str, key: str) -> ResponseReturnValue:
    if request.args.get("state") == "draft":
        return _draft_answer(store.get_draft(uow, kind, key))
    found = snapshot(uow).items.get((kind, key))
    if found is None:
        raise NotFound(f"no-{kind}", key=key)
    answer = jsonify(dict(found.raw))
    answer.set_etag(f"v{found.version}")
    return answer


def _put(uow: UnitOfWork, access: Access, kind: str, key: str) -> Response:
    raw = read_object(request)
    if raw.get("key") != key:
        raise Invalid([Problem("key", "shape-const", {"expected": key})])
    known = store.find_draft(uow, kind, key)
    draft = store.save_draft(uow, access, kind, {"kind": kind, **raw}, tag=_draft_tag())
    return _draft_answer(draft, 200 if known else 201)


def _draft_answer(draft: Draft, status: int = 200) -> Response:
    answer = jsonify(dict(draft.raw))
    answer.status_code = status
    answer.set_etag(f"d{draft.tag}")
    return answer


def _draft_tag() -> int | None:
    """The draft's number in ``If-Match``; 0 for ``If-None-Match: *`` (only when there is none)."""
    if request.if_none_match.star_tag:
        return 0
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not given or given == "*":
        return None
    if not given.startswith("d") or not given[1:].isdecimal():
        raise VersionConflict("draft-changed", key="")
    return int(given[1:])


def _rule(uow: UnitOfWork, key: str, given: Any) -> Rule:
    """The rule in a request's body, or the working copy that is kept."""
    raw = store.get_draft(uow, "rule", key).raw if given is None else given
    problems = rule_problems(raw)
    if problems:
        raise Invalid(problems)
    return Rule.from_json(raw)


def _optional_body() -> Mapping[str, Any]:
    return read_object(request) if request.content_length else {}


def _finding_json(found: Finding | None) -> dict[str, Any] | None:
    return None if found is None else found.as_json()


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _figures(row: overview.RuleRow) -> dict[str, Any]:
    return {
        "key": row.rule.key, "label": row.rule.label, "class": row.rule.rule_class,
        "subject": row.rule.subject, "state": row.state, "changed": row.changed,
        "live": row.inside, "ended": row.ended, "stuck": row.stuck, "sent": row.sent,
        "members": row.members,
    }  # fmt: skip
