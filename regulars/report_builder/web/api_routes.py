"""Reports and dashboards for outside clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.json_body import read_object
from regulars.report_builder import dashboards, service
from regulars.report_builder.moments import read_moment
from regulars.report_builder.service import EDIT, VIEW, Wish
from regulars.report_builder.web.blueprints import api

KINDS = {"reports": service.KIND, "dashboards": dashboards.KIND}
RUN_KEYS = ("definition", "key", "params", "at")
Body = Mapping[str, Any]


@api.get("/<any(reports, dashboards):things>")
@workspace_api(VIEW)
def list_all(uow: UnitOfWork, access: Access, things: str) -> ResponseReturnValue:
    """Every published definition; ``?state=draft`` the working copies."""
    kind = KINDS[things]
    if request.args.get("state") == "draft":
        access.require(EDIT)
        return {things: [dict(draft.raw) for draft in store.list_drafts(uow, kind)]}
    published = [each for each in snapshot(uow).items.values() if each.kind == kind]
    readable = {each.key for each in service.list_reports(uow, access)}
    shown = [each for each in published if kind != service.KIND or each.key in readable]
    return {things: [{**each.raw, "version": each.version} for each in shown]}


@api.post("/<any(reports, dashboards):things>")
@workspace_api(EDIT)
def create(uow: UnitOfWork, access: Access, things: str) -> ResponseReturnValue:
    """A new working copy; Conflict when the key is taken."""
    raw = read_object(request)
    key = raw.get("key")
    if isinstance(key, str) and store.find_draft(uow, KINDS[things], key) is not None:
        raise Conflict(f"{KINDS[things]}-exists", key=key)
    return _saved(store.save_draft(uow, access, KINDS[things], _enveloped(raw, things)), 201)


@api.get("/<any(reports, dashboards):things>/<key>")
@workspace_api(VIEW)
def show(uow: UnitOfWork, access: Access, things: str, key: str) -> ResponseReturnValue:
    """The published definition; ``?state=draft`` the working copy with its ETag."""
    kind = KINDS[things]
    if request.args.get("state") == "draft":
        access.require(EDIT)
        return _saved(store.get_draft(uow, kind, key), 200)
    found = snapshot(uow).items.get((kind, key))
    if found is None:
        raise NotFound(f"no-{kind}", key=key)
    return dict(found.raw)


@api.put("/<any(reports, dashboards):things>/<key>")
@workspace_api(EDIT)
def save(uow: UnitOfWork, access: Access, things: str, key: str) -> ResponseReturnValue:
    """Replace the working copy; ``If-Match`` guards against somebody else's save."""
    raw = _enveloped(read_object(request), things)
    if raw.setdefault("key", key) != key:
        raise Invalid([Problem("key", "shape-const", {"expected": key})])
    tags = [int(tag) for tag in request.if_match.as_set() if tag.isdecimal()]
    tag = tags[0] if tags else None
    return _saved(store.save_draft(uow, access, KINDS[things], raw, tag=tag), 200)


@api.post("/<any(reports, dashboards):things>/<key>/publish")
@workspace_api(EDIT)
def publish(uow: UnitOfWork, access: Access, things: str, key: str) -> ResponseReturnValue:
    """Publish the working copy."""
    kind = KINDS[things]
    versions = store.publish(uow, access, [(kind, key)])
    return {"version": versions[kind, key], "problems": []}


@api.post("/reports/run")
@workspace_api(VIEW, writes=False)
def run_inline(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Run the definition in the body, or the published one it names."""
    body = read_object(request)
    unknown = [
        Problem(name, "unknown-key", {"key": name}) for name in body if name not in RUN_KEYS
    ]
    if unknown:
        raise Invalid(unknown)
    wish = _wish(uow, body)
    if "definition" in body:
        result = service.run_inline(uow, access, body["definition"], wish)
    elif isinstance(body.get("key"), str):
        result = service.run_report(uow, access, body["key"], wish)
    else:
        raise Invalid([Problem("definition", "required")])
    return result.as_json(access.locale)


@api.post("/reports/<key>/run")
@workspace_api(VIEW, writes=False)
def run(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Run a published report; ``params`` and ``at`` may be in the body."""
    body = read_object(request) if request.content_length else {}
    unknown = [
        Problem(name, "unknown-key", {"key": name}) for name in body if name not in RUN_KEYS[2:]
    ]
    if unknown:
        raise Invalid(unknown)
    return service.run_report(uow, access, key, _wish(uow, body)).as_json(access.locale)


@api.post("/dashboards/<key>/run")
@workspace_api(VIEW, writes=False)
def run_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Every card's answer under the chosen filters (``params`` by the filter's key)."""
    body = read_object(request) if request.content_length else {}
    wish = _wish(uow, body)
    dashboard = dashboards.get_dashboard(uow, access, key)
    cards = dashboards.run_dashboard(uow, access, dashboard, wish.params, wish.at)
    return {"cards": [_card(each, access.locale) for each in cards]}


def _card(card: dashboards.ShownCard, locale: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"report": card.card.report}
    if card.result is not None:
        return shown | {"result": card.result.as_json(locale)}
    return shown | {"error": card.error.message(locale) if card.error else ""}


def _wish(uow: UnitOfWork, body: Body) -> Wish:
    params = body.get("params")
    params = {} if params is None else params
    if not isinstance(params, Mapping):
        raise Invalid([Problem("params", "shape-type", {"expected": ["object"]})])
    at = body.get("at")
    if at is not None and not isinstance(at, str):
        raise Invalid([Problem("at", "bad-moment")])
    moment: datetime | None = read_moment(at or "", uow.workspace.tz)
    return Wish(params, moment)


def _enveloped(raw: Body, things: str) -> dict[str, Any]:
    return {"kind": KINDS[things], **raw}


def _saved(draft: store.Draft, status: int) -> Response:
    answer = jsonify(draft.raw)
    answer.status_code = status
    answer.set_etag(str(draft.tag))
    return answer
