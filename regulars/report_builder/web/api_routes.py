"""Reports and dashboards for outside clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import describe
from regulars.platform.web.definition_routes import DefinitionRoutes, add_definition_routes
from regulars.report_builder import dashboards, retiring, service
from regulars.report_builder.moments import read_moment
from regulars.report_builder.service import EDIT, VIEW, Wish
from regulars.report_builder.web import api_shapes as shapes
from regulars.report_builder.web.blueprints import api

Body = Mapping[str, Any]


class ReportExists(Conflict):
    """A report of this key is there already."""

    code = "report-exists"


class DashboardExists(Conflict):
    """A dashboard of this key is there already."""

    code = "dashboard-exists"


add_definition_routes(
    api,
    DefinitionRoutes(
        service.KIND, "report", reading=VIEW, keeping=EDIT, taken=ReportExists,
        archive=retiring.archive_report, more={"archive": "409 while it stands on a dashboard."},
    ),
)  # fmt: skip
add_definition_routes(
    api,
    DefinitionRoutes(
        dashboards.KIND, "dashboard", reading=VIEW, keeping=EDIT, taken=DashboardExists,
        more={"archive": "Its reports stay."},
    ),
)  # fmt: skip


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
