"""Every page of reports and dashboards; importing this module adds their routes."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.definition_homes import DefinitionHome
from regulars.platform.web.shell import HomeCard, NavItem
from regulars.report_builder.dashboards import list_dashboards
from regulars.report_builder.service import VIEW
from regulars.report_builder.web import api_routes, dashboard_pages, editor_pages, report_pages
from regulars.report_builder.web.blueprints import api, dashboards, reports

MODULES = (report_pages, editor_pages, dashboard_pages, api_routes)
BLUEPRINTS = (reports, dashboards, api)
HOMES = (
    DefinitionHome(
        "report", "reports.index", "reports.reports", "reports.show_report", "reports.edit",
        "report_key",
    ),
    DefinitionHome(
        "dashboard", "dashboards.index", "reports.dashboards", "dashboards.show_dashboard",
        "dashboards.show_dashboard", "dashboard_key",
    ),
)  # fmt: skip
SECTION = "nav.section-measure"


def nav(uow: UnitOfWork, access: Access) -> Iterator[NavItem]:
    """Dashboards and reports, for those who may see numbers."""
    if access.can(VIEW):
        dashboards_url, reports_url = url_for("dashboards.index"), url_for("reports.index")
        yield NavItem(
            dashboards_url, "layout-dashboard", "nav.dashboards", None, SECTION, 300, on_phone=True
        )
        yield NavItem(reports_url, "chart-column", "nav.reports", None, SECTION, 310)


def cards(uow: UnitOfWork, access: Access) -> Iterator[HomeCard]:
    """The first dashboard, from the first page."""
    if not access.can(VIEW):
        return
    for each in list_dashboards(uow, access)[:1]:
        yield HomeCard(
            url_for("dashboards.show_dashboard", dashboard_key=each.key),
            "layout-dashboard",
            "reports.card-home",
            "reports.card-home-text",
            "reports.card-home-action",
            order=15,
        )
