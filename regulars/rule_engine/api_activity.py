"""The API of what rules do: runs with their trace, messages with their states, consents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.link_limits import may_use
from regulars.form_builder.linking import ids_by_key
from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.i18n import translate
from regulars.platform.instants import read_instant
from regulars.platform.privacy.consents import (
    ConsentChange,
    consents_of,
    ledger_of,
    set_consent,
)
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_query, read_shaped
from regulars.platform.web.api_route import describe, obj
from regulars.platform.web.installation import installation
from regulars.platform.web.json_body import read_object
from regulars.rule_engine import api_shapes as shapes
from regulars.rule_engine import overview, replies, service, standing
from regulars.rule_engine.api_story import STORY, WINNERS, story_json, winner_json
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.inquiring import question_about, settle
from regulars.rule_engine.measuring.winning import winners_of
from regulars.rule_engine.overview import Wanted
from regulars.rule_engine.policy import cost_text
from regulars.rule_engine.replies import Reply
from regulars.rule_engine.tracing.story import story_of

api = Blueprint("activity_api", __name__, url_prefix="/api/v1")

CONSENT_KEYS = frozenset(
    {"person", "purpose", "channel", "action", "source", "evidence", "text_version", "at"}
)


@api.get("/runs")
@workspace_api("edit_rules")
@describe("runs", shapes.RUNS, query=shapes.RUN_QUERY)
def list_runs(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Runs, newest first; of a ``rule``, ``form`` + ``record``, ``status`` or ``outcome``."""
    found = overview.list_runs(uow, access, _wanted(read_query(request, shapes.RUN_QUERY)))
    return {"runs": [_run_json(row) for row in found.rows], "next": found.next}


@api.get("/runs/<int:run_id>")
@workspace_api("edit_rules")
@describe("runs", obj({**shapes.RUN_PARTS, **STORY}))
def get_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """One run with its story: what started it, what each step found and did, what it won."""
    story = story_of(uow, access, run_id)
    return {**_run_json(story.row), **story_json(story)}


@api.get("/forms/<form>/records/<int:record>/won-by")
@workspace_api("edit_rules")
@describe("runs", WINNERS)
def get_winners(uow: UnitOfWork, access: Access, form: str, record: int) -> ResponseReturnValue:
    """The runs that a record counts for, by the goals of their rules."""
    get_record(uow, access, form, record)
    return {"won_by": [winner_json(each) for each in winners_of(uow, access, form, record)]}


@api.post("/runs/<int:run_id>/stop")
@workspace_api("run_rules")
@describe("runs", shapes.RUN)
def stop_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """End a run, under way, failed or stuck; what it has queued is not sent."""
    standing.stop_run(uow, access, run_id)
    return _run_json(overview.get_run(uow, access, run_id)[0])


@api.post("/runs/<int:run_id>/retry")
@workspace_api("run_rules")
@describe("runs", shapes.RUN)
def retry_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Take up a failed or stuck run again at the step where it stood."""
    standing.retry_run(uow, access, run_id)
    return _run_json(overview.get_run(uow, access, run_id)[0])


@api.post("/runs/retry")
@workspace_api("run_rules")
@describe("runs", shapes.RETRIED, body=shapes.RETRY)
def retry_all(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take up every run again that is ``stuck`` or ``failed``, of one ``rule`` or of all."""
    body = read_shaped(request, shapes.RETRY)
    return {"retried": standing.retry_all(uow, access, body["status"], body.get("rule"))}


@api.post("/runs/<int:run_id>/pass-over")
@workspace_api("run_rules")
@describe("runs", shapes.RUN)
def pass_over(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Go on with a failed or stuck run behind the step where it stood."""
    standing.pass_over(uow, access, run_id)
    return _run_json(overview.get_run(uow, access, run_id)[0])


@api.get("/messages")
@workspace_api("edit_rules")
@describe("messages", shapes.MESSAGES, query=shapes.MESSAGE_QUERY)
def list_messages(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Outbound messages, newest first; by ``status``, ``rule``, ``channel``, ``reason`` …"""
    found = overview.list_messages(uow, access, _wanted(read_query(request, shapes.MESSAGE_QUERY)))
    rows = [_message_json(row, access.locale) for row in found.rows]
    return {"messages": rows, "next": found.next}


@api.get("/messages/<int:message_id>")
@workspace_api("edit_rules")
@describe("messages", shapes.MESSAGE)
def get_message(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """One outbound message."""
    return _message_json(overview.get_message(uow, access, message_id), access.locale)


@api.post("/messages/<int:message_id>/resolve")
@workspace_api("send_messages")
@describe("messages", shapes.MESSAGE, body=shapes.DECISION)
def resolve_message(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """Decide about a message in doubt: ``{"decision": "sent" | "resend"}``."""
    decision = read_shaped(request, shapes.DECISION)["decision"]
    service.resolve_message(uow, access, message_id, decision)
    return _message_json(overview.get_message(uow, access, message_id), access.locale)


@api.post("/messages/<int:message_id>/ask")
@workspace_api("send_messages", writes=False)
@describe("messages", shapes.MESSAGE)
def ask_provider(uow: UnitOfWork, access: Access, message_id: int) -> ResponseReturnValue:
    """Ask the provider what became of a message in doubt; settled when it knows."""
    question = question_about(uow, access, message_id)
    fate = question.ask(Surroundings(seal=installation().seal))
    with uow.database.workspace_tx(uow.workspace, now=uow.now) as writing:
        settle(writing, question, fate)
        return _message_json(overview.get_message(writing, access, message_id), access.locale)


@api.post("/messages/replies")
@workspace_api("manage_consents")
@describe("messages", {200: shapes.REPLY_TAKEN, 201: shapes.REPLY_TAKEN}, body=shapes.REPLY)
def take_reply(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Hand in an answer to a message; ``key`` is the gateway's own name of it."""
    body = read_shaped(request, shapes.REPLY)
    reply = Reply(body["channel"], body["address"], body["text"], body.get("key"))
    taken = replies.take_reply(uow, access, reply)
    answer = jsonify(
        people=[{"form": form, "id": record} for form, record in taken.people],
        message=taken.message, opted_out=taken.opted_out, repeated=taken.repeated,
    )  # fmt: skip
    answer.status_code = 200 if taken.repeated else 201
    return answer


@api.post("/consents")
@workspace_api("manage_consents")
@describe("consents", {201: shapes.CONSENT_ANSWER}, body=shapes.CONSENT_BODY)
def record_consent(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Record what a person said about a purpose and channel; a grant needs its evidence."""
    body = read_object(request)
    change = _change(uow, access, body)
    state = set_consent(uow, access, change)
    answer = jsonify(
        person={"form": change.form, "id": change.record}, purpose=state.purpose,
        channel=state.channel, granted=state.granted, at=state.at,
    )  # fmt: skip
    answer.status_code = 201
    return answer


@api.get("/consents")
@workspace_api("manage_consents")
@describe("consents", shapes.CONSENTS, query=shapes.PERSON_QUERY)
def list_consents(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What one person (``form``, ``record``) agrees to now, and every word that led there."""
    person = _person_in(read_query(request, shapes.PERSON_QUERY))
    if person is None:
        raise Invalid([Problem("form", "required"), Problem("record", "required")])
    get_record(uow, access, *person)
    return {
        "consents": [vars(state) for state in consents_of(uow, *person)],
        "ledger": [vars(entry) for entry in ledger_of(uow, *person)],
    }


def _change(uow: UnitOfWork, access: Access, body: Mapping[str, Any]) -> ConsentChange:
    problems = [
        Problem(key[:60], "unknown-key", {"key": key[:60]})
        for key in body
        if key not in CONSENT_KEYS
    ]
    problems += [
        Problem(key, "required")
        for key in ("person", "purpose", "channel", "action", "source")
        if not body.get(key)
    ]
    problems += [
        Problem(key, "not-text")
        for key in CONSENT_KEYS - {"person"}
        if not isinstance(body.get(key) or "", str)
    ]
    if problems:
        raise Invalid(problems)
    form, record = _person(uow, access, body["person"])
    return ConsentChange(
        form, record, body["purpose"], body["channel"], body["action"], body["source"],
        body.get("evidence"), body.get("text_version"), read_instant(uow, body.get("at")),
    )  # fmt: skip


def _person(uow: UnitOfWork, access: Access, given: Any) -> tuple[str, int]:
    """``{"form": "customers", "id": 7}`` or ``{"form": "customers", "mobile": "138…"}``."""
    if not isinstance(given, Mapping) or not isinstance(given.get("form"), str):
        raise Invalid([Problem("person/form", "required")])
    catalog = catalog_of(uow)
    form = catalog.get_form(given["form"])
    if form.person is None:
        raise Conflict("not-a-person", form=form.label)
    rest = {key: value for key, value in given.items() if key != "form"}
    if len(rest) != 1:
        raise Invalid([Problem("person", "not-a-link")])
    ((key, value),) = rest.items()
    found: Any = value
    if key != "id" and not may_use(access, form.key, key):
        raise Invalid([Problem(f"person/{key}", "link-key-unknown", {"field": key})])
    if key != "id":
        found = ids_by_key(uow, catalog, form.key, key, [str(value)]).get(str(value))
    if not isinstance(found, int) or isinstance(found, bool):
        code = found if isinstance(found, str) and key != "id" else "no-such-record"
        raise Invalid([Problem(f"person/{key}", code, {"value": str(value)[:60], "field": key})])
    return form.key, get_record(uow, access, form.key, found).id


def _wanted(given: Mapping[str, Any]) -> Wanted:
    """What a list of runs or messages is narrowed to."""
    return Wanted(
        rule=given.get("rule"),
        person=_person_in(given),
        status=given.get("status"),
        run=given.get("run"),
        below=given.get("before"),
        outcome=given.get("outcome"),
        channel=given.get("channel"),
        reason=given.get("reason"),
    )


def _person_in(given: Mapping[str, Any]) -> tuple[str, int] | None:
    """``form`` and ``record`` belong together; one alone is refused."""
    if "form" not in given and "record" not in given:
        return None
    missing = [Problem(key, "required") for key in ("form", "record") if not given.get(key)]
    if missing:
        raise Invalid(missing)
    return given["form"], given["record"]


def _run_json(row: overview.RunRow) -> dict[str, Any]:
    return {
        "id": row.id, "rule": row.rule, "version": row.version,
        "subject": {"form": row.form, "id": row.record, "title": row.title},
        "status": row.status, "outcome": row.outcome, "at": row.cursor, "due_at": row.due_at,
        "entered_at": row.entered_at, "finished_at": row.finished_at, "reason": row.reason,
        "arm": row.arm,
    }  # fmt: skip


def _message_json(row: overview.MessageRow, locale: str) -> dict[str, Any]:
    reason = dict(row.reason) if row.reason else None
    if reason is not None:
        words = {key: value for key, value in reason.items() if key != "code"}
        reason["text"] = translate(f"messages.reason.{reason['code']}", locale, **words)
    return {
        "id": row.id, "rule": row.rule, "message": row.message, "run": row.run,
        "person": {"form": row.form, "id": row.record, "title": row.title},
        "channel": row.channel, "address": row.address, "body": row.body, "status": row.status,
        "reason": reason, "due_at": row.due_at, "created_at": row.created_at,
        "finished_at": row.finished_at, "clicked_at": row.clicked_at,
        "replied_at": row.replied_at, "provider": row.provider, "parts": row.parts,
        "cost": None if row.cost is None else cost_text(row.cost), "receipt": row.receipt,
        "receipt_at": row.receipt_at, "opened_at": row.opened_at,
    }  # fmt: skip
