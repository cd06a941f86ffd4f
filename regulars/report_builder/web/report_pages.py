"""The pages of reports: the list, one report, its files, the records behind a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web import filters
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial
from regulars.platform.web.rendering import formats, render
from regulars.report_builder.dashboards import (
    list_dashboards,
    new_dashboard,
    put_on_dashboard,
)
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.export import FORMATS
from regulars.report_builder.result import Drill, Result
from regulars.report_builder.service import (
    EDIT,
    KIND,
    VIEW,
    Wish,
    chart_of,
    list_reports,
    open_report,
    run_report,
)
from regulars.report_builder.web.blueprints import reports
from regulars.report_builder.web.choices import Words, period_options, unit_options
from regulars.report_builder.web.chosen import Chosen
from regulars.report_builder.web.shown import TOTAL, download_names, row_name, show

MAX_LISTED = 500
UNIT = "unit"


@reports.get("")
@workspace_page(VIEW)
def index(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every report, with drafts for those who may edit."""
    known = list_reports(uow, access)
    drafts = seeing.whole_drafts(uow, KIND) if access.can(EDIT) else []
    published = {report.key for report in known}
    return render(
        "report_builder/reports.html",
        reports=[(report, chart_of(report)) for report in known],
        changed={draft.key for draft in drafts if draft.changed},
        fresh=[draft for draft in drafts if draft.key not in published],
        words=Words(catalog_for(uow, access), access.locale),
    )


@reports.get("/<report_key>")
@workspace_page(VIEW)
def show_report(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """One report: its picture, its table, its files."""
    report = open_report(uow, access, report_key)
    chosen = _chosen(report)
    result, problems = _run(uow, access, report, chosen)
    context = {
        "report": report,
        "chosen": chosen,
        "shown": result and show(report, result, formats(), chosen.arguments),
        "problems": [problem.message(access.locale) for problem in problems],
    }
    if wants_partial():
        return vary_on_htmx(render("report_builder/_report_result.html", **context))
    page = render(
        "report_builder/report.html",
        words=Words(catalog_for(uow, access), access.locale),
        periods=period_options(access.locale) if report.time_field else [],
        units=unit_options(uow, access),
        dashboards=list_dashboards(uow, access),
        downloads=download_names(),
        is_changed=bool((draft := store.find_draft(uow, KIND, report_key)) and draft.changed),
        **context,
    )
    return vary_on_htmx(page)


@reports.get("/<report_key>/file.<kind>")
@workspace_page(VIEW)
def download(uow: UnitOfWork, access: Access, report_key: str, kind: str) -> ResponseReturnValue:
    """The result as a file."""
    if kind not in FORMATS:
        raise NotFound()
    report = open_report(uow, access, report_key)
    chosen = _chosen(report)
    result = run_report(uow, access, report, _wish(uow, chosen))
    title = i18n.pick(report.label, access.locale)
    body = FORMATS[kind].write(result, title, formats())
    answer = Response(body, content_type=FORMATS[kind].media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{report_key}.{kind}")
    return answer


@reports.get("/<report_key>/behind")
@workspace_page(VIEW)
def behind(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """The records behind one number: the list of the form with the number's condition."""
    report = open_report(uow, access, report_key)
    result = run_report(uow, access, report, _wish(uow, _chosen(report)))
    drill = _drill(result, request.args.get("of", ""))
    column = request.args.get("column") or None
    condition = drill.of(column)
    if condition is None and drill.ids is not None:
        return _listed(uow, access, report, drill, column)
    target = url_for("records.index", form_key=drill.form, filter=filters.to_address(condition))
    return redirect(target, 303)


@reports.post("/<report_key>/put")
@workspace_page(EDIT)
def put(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """Put the report on a dashboard, or on a new one."""
    report = open_report(uow, access, report_key)
    key = request.form.get("dashboard", "")
    if not key:
        key = new_dashboard(uow, access, i18n.pick(report.label, access.locale)).key
    put_on_dashboard(uow, access, report_key, key)
    flash("reports.put-on-done")
    return go_to(url_for("dashboards.show_dashboard", dashboard_key=key))


@reports.post("/<report_key>/archive")
@workspace_page(EDIT)
def archive(uow: UnitOfWork, access: Access, report_key: str) -> ResponseReturnValue:
    """Take a report out of use."""
    draft = store.get_draft(uow, KIND, report_key)
    store.archive(uow, access, KIND, report_key)
    flash("reports.archived", label=i18n.pick(draft.raw.get("label"), access.locale))
    return go_to(url_for("reports.index"))


def _chosen(report: ReportDefinition) -> Chosen:
    return Chosen.from_args(request.args, _filter_names())


def _filter_names() -> Sequence[str]:
    """Every argument that is a field path: a store, or what a dashboard filters by."""
    own = {"period", "from", "to", "at", "of", "column"}
    return [name for name in request.args if name not in own]


def _wish(uow: UnitOfWork, chosen: Chosen) -> Wish:
    return Wish(chosen.params, chosen.moment(uow.workspace.tz))


def _run(
    uow: UnitOfWork, access: Access, report: ReportDefinition, chosen: Chosen
) -> tuple[Result | None, Sequence[Problem]]:
    try:
        return run_report(uow, access, report, _wish(uow, chosen)), ()
    except Invalid as invalid:
        return None, invalid.problems


def _drill(result: Result, of: str) -> Drill:
    """The way from the row that ``of`` names; the numbers may have moved since."""
    found: Drill | None = None
    if of == TOTAL:
        found = result.total_drill
    else:
        wanted = _row_values(of)
        rows = range(len(result.rows))
        number = next((n for n in rows if row_name(result, n) == wanted), None)
        found = None if number is None else result.drill[number]
    if found is None:
        raise Invalid([Problem("of", "no-such-row")])
    return found


def _row_values(of: str) -> Any:
    try:
        return json.loads(of)
    except ValueError:
        raise Invalid([Problem("of", "no-such-row")]) from None


def _listed(
    uow: UnitOfWork, access: Access, report: ReportDefinition, drill: Drill, column: str | None
) -> ResponseReturnValue:
    """People whom no condition of their own form can describe, one by one."""
    catalog = catalog_for(uow, access)
    ids = list(drill.ids(column)) if drill.ids else []
    readable = ids if access.scope(drill.form, "read") != "none" else []
    titles = titles_of(uow, access, catalog, {drill.form: readable[:MAX_LISTED]})
    people = [(each, titles.get((drill.form, each), f"#{each}")) for each in readable[:MAX_LISTED]]
    return render(
        "report_builder/behind.html", report=report, form=drill.form, people=people, count=len(ids)
    )
