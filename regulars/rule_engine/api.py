"""The API of rules and message texts under ``/api/v1``: the services of the pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.expressions.findings import Finding
from regulars.platform.instants import read_instant
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    PUBLISHED,
    STATE_QUERY,
    describe,
    listing,
    obj,
)
from regulars.rule_engine import api_shapes as shapes
from regulars.rule_engine import figures, publishing, service
from regulars.rule_engine.api_story import change_json
from regulars.rule_engine.counting import count_matches
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.instants import json_instant
from regulars.rule_engine.pressing import press
from regulars.rule_engine.rehearsal import Rehearsal, rehearse
from regulars.rule_engine.releasing import Forecast, Wishes, forecast, release
from regulars.rule_engine.retiring import archive_message
from regulars.rule_engine.schema import rule_problems
from regulars.rule_engine.why import explain_rule

api = Blueprint("rules_api", __name__, url_prefix="/api/v1")


@api.get("/rules")
@workspace_api("edit_rules")
@describe("rules", shapes.RULES, query=STATE_QUERY)
def list_rules(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every rule with its state and figures (up to 100,000); ``?state=draft`` the drafts."""
    if definition_answers.wants_drafts():
        return {"rules": [dict(draft.raw) for draft in seeing.seen_drafts(uow, access, "rule")]}
    return {"rules": [_figures(row) for row in figures.list_rules(uow, access)]}


@api.post("/rules")
@workspace_api("edit_rules")
@describe("rules", {201: shapes.RULE}, body=shapes.RULE, tagged="draft")
def create_rule(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new rule as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, "rule")


@api.get("/rules/<key>")
@workspace_api("edit_rules")
@describe("rules", shapes.RULE, query=STATE_QUERY, tagged="draft")
def get_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published rule, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, "rule", key)


@api.put("/rules/<key>")
@workspace_api("edit_rules")
@describe("rules", {200: shapes.RULE, 201: shapes.RULE}, body=shapes.RULE, tagged="draft")
def put_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, "rule", key)


@api.post("/rules/<key>/publish")
@workspace_api("edit_rules")
@describe("rules", PUBLISHED, body=shapes.PUBLISH, body_optional=True)
def publish_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem. Who fits already is backlog.

    ``inside`` says what becomes of people in the version before: finish, move or stop;
    ``backlog`` and ``per_day`` what becomes of those who fit already (else as the rule says).
    """
    body = read_optional(request, shapes.PUBLISH)
    wishes = Wishes(body.get("inside") or "finish", body.get("backlog"), body.get("per_day"))
    version, _concerned = release(uow, access, key, wishes)
    return {"version": version, "problems": []}


@api.post("/rules/<key>/forecast")
@workspace_api("edit_rules", writes=False)
@describe("rules", shapes.FORECAST, body=shapes.ABOUT_RULE, body_optional=True)
def get_forecast(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What publishing would set going: who fits and would come in, how long a look takes."""
    rule = _rule(uow, access, key, read_optional(request, shapes.ABOUT_RULE).get("rule"))
    return forecast_json(forecast(uow, access, rule))


@api.post("/rules/<key>/stop")
@workspace_api("run_rules")
@describe("rules", shapes.STOPPED)
def stop_everyone(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """End the rule for everybody inside; what waits to be sent to them is not sent."""
    return {"stopped": publishing.stop_everyone(uow, access, key)}


@api.delete("/rules/<key>")
@workspace_api("edit_rules")
@describe("rules", {204: None})
def archive_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a rule out of use: its runs end, its history stays."""
    service.archive_rule(uow, access, key)
    return Response(status=204)


@api.post("/rules/<key>/pause")
@workspace_api("run_rules")
@describe("rules", shapes.STATE)
def pause_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Stop a rule: nobody enters, no step is done, nothing queued leaves."""
    service.pause_rule(uow, access, key)
    return {"state": service.state_of(uow, key)}


@api.post("/rules/<key>/resume")
@workspace_api("run_rules")
@describe("rules", shapes.STATE, body=shapes.RESUME, body_optional=True)
def resume_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Let a rule act again; ``backlog`` (skip or enrol) is about those who fit by now."""
    body = read_optional(request, shapes.RESUME)
    service.resume_rule(uow, access, key, backlog=body.get("backlog"))
    return {"state": service.state_of(uow, key)}


@api.post("/rules/<key>/enrol")
@workspace_api("run_rules")
@describe("rules", shapes.ENROLMENT, body=shapes.ENROL, body_optional=True)
def enrol(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Let people in who fit now, the backlog included; at most ``{"limit": n}`` of them."""
    done = service.enrol_people(
        uow, access, key, limit=read_optional(request, shapes.ENROL).get("limit")
    )
    return {"entered": done.entered, "known": done.known, "held": done.held}


@api.post("/forms/<form_key>/records/<int:record_id>/buttons/<key>")
@workspace_api("read_records")
@describe("records", obj({"started": BOOLEAN}))
def press_button(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str
) -> ResponseReturnValue:
    """Press a button that starts a rule; ``started`` is false where the rule does not apply."""
    get_record(uow, access, form_key, record_id)
    return {"started": press(uow, access, form_key, record_id, key)}


@api.post("/rules/<key>/run")
@workspace_api("run_rules")
@describe("rules", shapes.ENROLMENT, body=shapes.START)
def start(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Start a rule for chosen records: ``{"records": [ids]}``."""
    records = read_shaped(request, shapes.START)["records"]
    done = service.start_manually(uow, access, key, records)
    return {"entered": done.entered, "known": done.known, "held": done.held}


@api.post("/rules/<key>/count")
@workspace_api("edit_rules", writes=False)
@describe("rules", shapes.MATCHES, body=shapes.ABOUT_RULE, body_optional=True)
def count(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """How many fit now, with a few of them; of the rule in the body, else of the draft."""
    found = count_matches(
        uow, access, _rule(uow, access, key, read_optional(request, shapes.ABOUT_RULE).get("rule"))
    )
    sample = [
        {"id": record, "title": title, "finding": _finding_json(found.findings.get(record))}
        for record, title in found.sample
    ]
    return {
        "form": found.form, **found.as_json(), "sample": sample, "never": found.never,
        "with_never": found.with_never, "never_exactness": found.never_exactness,
    }  # fmt: skip


@api.post("/rules/<key>/explain")
@workspace_api("edit_rules", writes=False)
@describe("rules", shapes.EXPLANATION, body=shapes.EXPLAIN)
def explain(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Why the rule acts or not for ``{"record": id}``, as of ``at`` or now."""
    body = read_shaped(request, shapes.EXPLAIN)
    uow.now = read_instant(uow, body.get("at")) or uow.now
    found = explain_rule(uow, access, key, body["record"])
    answer = found.as_json(access.locale)
    return {**answer, "at": json_instant(found.at)}


@api.post("/rules/<key>/test")
@workspace_api("edit_rules")
@describe("rules", shapes.REHEARSAL, body=shapes.TEST)
def test(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Go through the draft for ``{"record": id}`` without writing or sending anything."""
    body = read_shaped(request, shapes.TEST)
    rule = _rule(uow, access, key, body.get("rule"))
    answered = body.get("answered", False)
    return rehearsal_json(rehearse(uow, access, rule, body["record"], answered=answered))


@api.get("/message-texts")
@workspace_api("edit_rules")
@describe("message-texts", listing("message_texts", shapes.WORDS))
def list_texts(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every message text, published or not."""
    return {
        "message_texts": [dict(draft.raw) for draft in seeing.seen_drafts(uow, access, "message")]
    }


@api.post("/message-texts")
@workspace_api("edit_rules")
@describe("message-texts", {201: shapes.WORDS}, body=shapes.WORDS, tagged="draft")
def create_text(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new message text as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, "message")


@api.get("/message-texts/<key>")
@workspace_api("edit_rules")
@describe("message-texts", shapes.WORDS, query=STATE_QUERY, tagged="draft")
def get_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published message text, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, "message", key)


@api.put("/message-texts/<key>")
@workspace_api("edit_rules")
@describe(
    "message-texts",
    {200: shapes.WORDS, 201: shapes.WORDS},
    body=shapes.WORDS,
    tagged="draft",
)
def put_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft of a message text."""
    return definition_answers.replace(uow, access, "message", key)


@api.post("/message-texts/<key>/publish")
@workspace_api("edit_rules")
@describe("message-texts", PUBLISHED)
def publish_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft of a message text; 422 when a rule could no longer send it."""
    return definition_answers.publish(uow, access, "message", key)


@api.delete("/message-texts/<key>")
@workspace_api("edit_rules")
@describe("message-texts", {204: None})
def archive_text(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a message text out of use; 409 while a rule sends it."""
    archive_message(uow, access, key)
    return Response(status=204)


def forecast_json(told: Forecast) -> dict[str, Any]:
    """A forecast as outside clients read it."""
    changes = [{"text": each.text, "is_new": each.is_new} for each in told.changes]
    return {
        "matches": told.matches, "fresh": told.fresh, "a_day": told.a_day,
        "scan_ms": told.scan_ms, "is_slow": told.is_slow, "inside": told.inside,
        "changes": changes,
    }  # fmt: skip


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
                "finding": step.told and _finding_json(step.told.finding),
                "changes": [change_json(each) for each in step.told.touched] if step.told else [],
            }
            for step in found.steps
        ],
    }  # fmt: skip


def _rule(uow: UnitOfWork, access: Access, key: str, given: Any) -> Rule:
    """The rule in a request's body, or the working copy that is kept."""
    raw = store.get_draft(uow, "rule", key).raw if given is None else given
    if given is None:
        seeing.require_whole(uow, access, "rule", raw)
    problems = rule_problems(raw)
    if problems:
        raise Invalid(problems)
    return Rule.from_json(raw)


def _finding_json(found: Finding | None) -> dict[str, Any] | None:
    return None if found is None else found.as_json()


def _figures(row: figures.RuleRow) -> dict[str, Any]:
    return {
        "key": row.rule.key, "label": row.rule.label, "class": row.rule.rule_class,
        "subject": row.rule.subject, "state": row.state, "changed": row.changed,
        "live": row.inside, "ended": row.ended, "stuck": row.stuck, "sent": row.sent,
        "members": row.members, "left_out": row.left_out,
    }  # fmt: skip
