"""Reports and dashboards as kinds of definition; made once the analyses are registered."""

from __future__ import annotations

from regulars.form_builder.definitions_seen import teller
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.report_builder.checks import check_dashboard, check_report
from regulars.report_builder.dashboards_told import tell_dashboard
from regulars.report_builder.definition import DashboardDefinition, ReportDefinition
from regulars.report_builder.indexing import reports_published
from regulars.report_builder.schema import (
    dashboard_problems,
    dashboard_schema,
    report_problems,
    report_schema,
)

CAPABILITY = "edit_reports"


def report_kind() -> DefinitionKind:
    """The kind ``report``."""
    return DefinitionKind(
        "report",
        report_schema(),
        report_problems,
        ReportDefinition.from_json,
        check_report,
        reports_published,
        CAPABILITY,
        tell=teller(report_problems, ReportDefinition.from_json, check_report),
    )


def dashboard_kind() -> DefinitionKind:
    """The kind ``dashboard``."""
    return DefinitionKind(
        "dashboard",
        dashboard_schema(),
        dashboard_problems,
        DashboardDefinition.from_json,
        check_dashboard,
        capability=CAPABILITY,
        tell=tell_dashboard,
    )
