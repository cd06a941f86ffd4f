"""What people do with reports: run them, list them, save and publish them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.expressing import reader_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.link_limits import LinkLimits
from regulars.form_builder.linking import unknown_names
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem, under
from regulars.report_builder.analyses.base import analyses
from regulars.report_builder.asking import ask
from regulars.report_builder.checks import check_report_against
from regulars.report_builder.definition import ChartSetting, ReportDefinition
from regulars.report_builder.ground import may_not_read
from regulars.report_builder.plain import run_plain
from regulars.report_builder.result import Result
from regulars.report_builder.schema import report_problems
from regulars.report_builder.studying import run_study

KIND = "report"
VIEW, EDIT = "view_reports", "edit_reports"
INLINE_KEY = "preview"


@dataclass(frozen=True)
class Wish:
    """What a reader asks of a report: the period, filters by field path, and "now"."""

    params: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


NO_WISH = Wish()


def run_report(
    uow: UnitOfWork, access: Access, report: str | ReportDefinition, wish: Wish = NO_WISH
) -> Result:
    """Run a published report by its key, or a parsed and checked definition.

    The reader sees only what the reader may read of the form. Raises Invalid for parameters that
    make no sense, Forbidden without access to reports or to the form.
    """
    access.require(VIEW)
    wanted = open_report(uow, access, report) if isinstance(report, str) else report
    if access.scope(wanted.source.partition(".")[0], "read") == "none":
        raise may_not_read(catalog_of(uow), wanted.source)
    asked = ask(uow, access, wanted, wish.params, wish.at)
    if asked.catalog.origin is not None:  # the report may use what this reader may not see
        problems = check_report_against(wanted, asked.catalog)
        if problems:
            raise Invalid(problems)
    return run_study(asked) if wanted.analysis else run_plain(asked)


def run_inline(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any], wish: Wish = NO_WISH
) -> Result:
    """Check and run a definition that is not stored; Invalid with every problem of it."""
    return run_report(uow, access, parse_inline(uow, access, raw), wish)


def parse_inline(uow: UnitOfWork, access: Access, raw: Mapping[str, Any]) -> ReportDefinition:
    """A definition as it comes, without the envelope where that was left out."""
    if not isinstance(raw, Mapping):
        raise Invalid(report_problems(raw))
    whole = {"kind": KIND, "key": INLINE_KEY, "label": raw.get("key", INLINE_KEY), **raw}
    problems = report_problems(whole)
    if problems:
        raise Invalid(problems)
    report = ReportDefinition.from_json(whole)
    catalog = catalog_for(uow, access)
    problems = check_report_against(report, catalog)
    problems = problems or list(_nobody(uow, access, catalog, report))
    if problems:
        raise Invalid(problems)
    return report


def _nobody(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, report: ReportDefinition
) -> Iterator[Problem]:
    """A problem for each record that is named in a condition and that this reader cannot find."""
    limits = LinkLimits(reader_of(uow, catalog, access))
    asked = [("where", report.where)]
    asked += [(f"measures/{n}/where", each.where) for n, each in enumerate(report.measures)]
    for place, raw in asked:
        if raw is not None:
            tree, _problems = catalog.condition(report.source, raw)
            yield from under(place, unknown_names(uow, catalog, tree, limits))


def get_report(uow: UnitOfWork, key: str) -> ReportDefinition:
    """The published report of this key; NotFound otherwise."""
    found: ReportDefinition = snapshot(uow).get(KIND, key)
    return found


def open_report(uow: UnitOfWork, access: Access, key: str) -> ReportDefinition:
    """The published report; DefinitionNotWhole when it speaks of what its reader may not see."""
    found = get_report(uow, key)
    if access.scope(found.source.partition(".")[0], "read") == "none":
        raise may_not_read(catalog_of(uow), found.source)
    seeing.require_whole(uow, access, KIND, snapshot(uow).items[KIND, key].raw)
    return found


def chart_of(report: ReportDefinition) -> ChartSetting:
    """How a report is drawn: as it says, else as its analysis likes it, else as a table."""
    if report.chart is not None and (report.chart.x or report.chart.y or not report.analysis):
        return report.chart
    usual = analyses.get(report.analysis).chart if report.analysis else {"type": "table"}
    if report.chart is not None and report.chart.type != usual["type"]:
        usual = {**usual, "type": report.chart.type}
    found = ChartSetting.from_json(usual)
    assert found is not None
    return found


def list_reports(uow: UnitOfWork, access: Access) -> list[ReportDefinition]:
    """Every published report over what this reader may see, in the owner's order."""
    access.require(VIEW)
    items = snapshot(uow).items
    known: Mapping[str, ReportDefinition] = snapshot(uow).all(KIND)
    return [
        each
        for each in known.values()
        if access.scope(each.source.partition(".")[0], "read") != "none"
        and seeing.told(uow, access, KIND, items[KIND, each.key].raw) is not None
    ]


def save_report(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any], *, tag: int | None = None
) -> store.Draft:
    """Keep a working copy; Invalid with every shape problem."""
    return store.save_draft(uow, access, KIND, raw, tag=tag)


def publish_report(uow: UnitOfWork, access: Access, key: str) -> int:
    """Publish the working copy; the version. Invalid with every problem."""
    return store.publish(uow, access, [(KIND, key)])[KIND, key]
