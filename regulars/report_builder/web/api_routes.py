"""Reports and dashboards for outside clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.problems import Problem
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import PUBLISHED, STATE_QUERY, describe, listing
from regulars.report_builder import dashboards, retiring, service
from regulars.report_builder.moments import read_moment
from regulars.report_builder.service import EDIT, VIEW, Wish
from regulars.report_builder.web import api_shapes as shapes
from regulars.report_builder.web.blueprints import api

REPORT, DASHBOARD = service.KIND, dashboards.KIND
Body = Mapping[str, Any]


class ReportExists(Conflict):
    """A report of this key is there already."""

    code = "report-exists"


class DashboardExists(Conflict):
    """A dashboard of this key is there already."""

    code = "dashboard-exists"


@api.get("/reports")
@workspace_api(VIEW)
@describe("reports", listing("reports", shapes.STORED_REPORT), query=STATE_QUERY)
def list_reports(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published report that this key may run; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"reports": definition_answers.drafts(uow, access, REPORT)}
    return {"reports": definition_answers.published(uow, access, REPORT)}


@api.post("/reports")
@workspace_api(EDIT)
@describe("reports", {201: shapes.REPORT}, body=shapes.REPORT, tagged="draft")
def create_report(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new report as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, REPORT, ReportExists)


@api.get("/reports/<key>")
@workspace_api(VIEW)
@describe("reports", shapes.REPORT, query=STATE_QUERY, tagged="draft")
def get_report(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published report, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, REPORT, key)


@api.put("/reports/<key>")
@workspace_api(EDIT)
@describe("reports", {200: shapes.REPORT, 201: shapes.REPORT}, body=shapes.REPORT, tagged="draft")
def put_report(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, REPORT, key)


@api.post("/reports/<key>/publish")
@workspace_api(EDIT)
@describe("reports", PUBLISHED)
def publish_report(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem."""
    return definition_answers.publish(uow, access, REPORT, key)


@api.delete("/reports/<key>")
@workspace_api(EDIT)
@describe("reports", {204: None})
def archive_report(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a report out of use; 409 while it stands on a dashboard."""
    retiring.archive_report(uow, access, key)
    return Response(status=204)


@api.get("/dashboards")
@workspace_api(VIEW)
@describe("dashboards", listing("dashboards", shapes.STORED_DASHBOARD), query=STATE_QUERY)
def list_dashboards(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every published dashboard; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"dashboards": definition_answers.drafts(uow, access, DASHBOARD)}
    return {"dashboards": definition_answers.published(uow, access, DASHBOARD)}


@api.post("/dashboards")
@workspace_api(EDIT)
@describe("dashboards", {201: shapes.DASHBOARD}, body=shapes.DASHBOARD, tagged="draft")
def create_dashboard(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new dashboard as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, DASHBOARD, DashboardExists)


@api.get("/dashboards/<key>")
@workspace_api(VIEW)
@describe("dashboards", shapes.DASHBOARD, query=STATE_QUERY, tagged="draft")
def get_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published dashboard, or the draft with ``?state=draft``."""
    return definition_answers.read(uow, access, DASHBOARD, key)


@api.put("/dashboards/<key>")
@workspace_api(EDIT)
@describe(
    "dashboards", {200: shapes.DASHBOARD, 201: shapes.DASHBOARD}, body=shapes.DASHBOARD,
    tagged="draft",
)  # fmt: skip
def put_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 412 when ``If-Match`` is not its ETag, 422 with all problems of shape."""
    return definition_answers.replace(uow, access, DASHBOARD, key)


@api.post("/dashboards/<key>/publish")
@workspace_api(EDIT)
@describe("dashboards", PUBLISHED)
def publish_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; 422 with every problem."""
    return definition_answers.publish(uow, access, DASHBOARD, key)


@api.delete("/dashboards/<key>")
@workspace_api(EDIT)
@describe("dashboards", {204: None})
def archive_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a dashboard out of use; its reports stay."""
    store.archive(uow, access, DASHBOARD, key)
    return Response(status=204)


@api.post("/reports/run")
@workspace_api(VIEW, writes=False)
@describe("reports", shapes.RESULT, body=shapes.RUN_INLINE)
def run_inline(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Run the definition in the body, or the published one it names."""
    body = read_shaped(request, shapes.RUN_INLINE)
    wish = _wish(uow, body)
    if "definition" in body:
        result = service.run_inline(uow, access, body["definition"], wish)
    elif "key" in body:
        result = service.run_report(uow, access, body["key"], wish)
    else:
        raise Invalid([Problem("definition", "required")])
    return result.as_json(access.locale)


@api.post("/reports/<key>/run")
@workspace_api(VIEW, writes=False)
@describe("reports", shapes.RESULT, body=shapes.RUN, body_optional=True)
def run(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Run a published report; ``params`` and ``at`` may be in the body."""
    body = read_optional(request, shapes.RUN)
    return service.run_report(uow, access, key, _wish(uow, body)).as_json(access.locale)


@api.post("/dashboards/<key>/run")
@workspace_api(VIEW, writes=False)
@describe("dashboards", shapes.CARDS, body=shapes.RUN, body_optional=True)
def run_dashboard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Every card's answer under the chosen filters (``params`` by the filter's key)."""
    body = read_optional(request, shapes.RUN)
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
    params, at = body.get("params") or {}, body.get("at")
    moment: datetime | None = read_moment(at or "", uow.workspace.tz)
    return Wish(params, moment)
