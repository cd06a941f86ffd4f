"""What a report or dashboard means: do its forms and fields exist, do the types fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.report_builder.analyses.base import analyses
from regulars.report_builder.charts.base import charts
from regulars.report_builder.definition import (
    DashboardDefinition,
    Dimension,
    Measure,
    ReportDefinition,
)
from regulars.report_builder.fields import GROUPABLE, MEASURABLE, TIMES, FieldView, view_of

NUMERIC = frozenset({Kind.NUMBER})
_NEEDS = {"sum": NUMERIC, "avg": NUMERIC, "min": MEASURABLE, "max": MEASURABLE}


def check_report(report: ReportDefinition, snapshot: Snapshot) -> list[Problem]:
    """Every problem of meaning of a report, as the workspace would be."""
    return check_report_against(report, catalog_from(snapshot))


def check_report_against(report: ReportDefinition, catalog: FormCatalog) -> list[Problem]:
    """Every problem of meaning of a report over these forms."""
    if catalog.shapes.find(report.source) is None:
        return [Problem("from", "unpublished-form", {"form": report.source})]
    checks = [_where, _chart, _time]
    checks += [_analysis] if report.analysis else [_names, _dimensions, _measures, _sort]
    return [problem for check in checks for problem in check(report, catalog)]


def check_dashboard(dashboard: DashboardDefinition, snapshot: Snapshot) -> list[Problem]:
    """Every problem of meaning of a dashboard: each card shows a published report."""
    known = snapshot.all("report")
    problems = [
        Problem(f"cards/{n}/report", "unpublished-report", {"report": card.report})
        for n, card in enumerate(dashboard.cards)
        if card.report not in known
    ]
    for n, each in enumerate(dashboard.filters):
        if each.type == "field" and not each.field:
            problems.append(Problem(f"filters/{n}/field", "required"))
        if each.key in [other.key for other in dashboard.filters[:n]]:
            problems.append(Problem(f"filters/{n}/key", "duplicate-key", {"key": each.key}))
    return problems


Check = Callable[[ReportDefinition, FormCatalog], Iterator[Problem]]


def _where(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    if report.where is not None:
        yield from under("where", catalog.condition(report.source, report.where)[1])


def _time(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    if report.at is not None:
        yield from _of_kind(catalog, report.source, report.at, "at", TIMES)
    if report.compare is not None and report.time_field is None:
        yield Problem("compare", "compare-needs-time")


def _chart(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    chart = report.chart
    if chart is None:
        return
    if chart.type not in charts:
        yield Problem(
            "chart/type", "unknown-chart", {"chart": chart.type, "known": charts.names()}
        )
    if report.analysis:
        return
    dimensions = [each.name for each in report.dimensions]
    measures = [each.name for each in report.measures]
    for place, name in (("chart/x", chart.x), ("chart/color", chart.color)):
        if name is not None and name not in dimensions:
            yield Problem(place, "unknown-column", {"column": name, "known": dimensions})
    for n, name in enumerate(chart.y):
        if name not in measures:
            yield Problem(f"chart/y/{n}", "unknown-column", {"column": name, "known": measures})


def _analysis(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    kind = analyses.get(str(report.analysis))
    link = frozenset({Kind.LINK})
    yield from _of_kind(catalog, report.source, str(report.subject), "subject", link)
    value = report.settings.get("value")
    if value is not None:
        yield from _of_kind(catalog, report.source, str(value), "value", NUMERIC)
    elif "value" in kind.settings and amount_field(report, catalog) is None:
        yield Problem("value", "required")


def amount_field(report: ReportDefinition, catalog: FormCatalog) -> str | None:
    """The field an analysis sums: the one it names, else the form's only field of money."""
    named = report.settings.get("value")
    if named is not None:
        return str(named)
    shape = catalog.shapes.find(report.source)
    views = [view_of(catalog, report.source, key)[0] for key in (shape.fields if shape else ())]
    money = [view.path for view in views if view is not None and view.is_money]
    return money[0] if len(money) == 1 else None


def _names(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    seen: set[str] = set()
    places = [(f"dimensions/{n}/as", each.name) for n, each in enumerate(report.dimensions)]
    places += [(f"measures/{n}/as", each.name) for n, each in enumerate(report.measures)]
    for place, name in places:
        if name in seen:
            yield Problem(place, "duplicate-key", {"key": name})
        seen.add(name)


def _dimensions(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    for n, each in enumerate(report.dimensions):
        place = f"dimensions/{n}"
        yield from _of_kind(catalog, report.source, each.field, f"{place}/field")
        view, _problems = view_of(catalog, report.source, each.field)
        if view is not None:
            yield from under(place, list(_period(each, view)))


def _period(each: Dimension, view: FieldView) -> Iterator[Problem]:
    if each.by and view.kind not in TIMES:
        yield Problem("by", "period-needs-date", {"field": view.label})
    if not each.by and view.kind is Kind.DATETIME:
        yield Problem("by", "period-needed", {"field": view.label})


def _measures(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    plain = {each.name for each in report.measures if each.ratio is None}
    for n, each in enumerate(report.measures):
        place = f"measures/{n}"
        if each.ratio is not None:
            yield from under(place, list(_ratio(each, plain)))
            continue
        if each.aggregate == "ratio":
            yield Problem(f"{place}/aggregate", "required")
            continue
        yield from under(place, list(_aggregate(each, report, catalog)))


def _ratio(each: Measure, plain: set[str]) -> Iterator[Problem]:
    if each.aggregate != "ratio":
        yield Problem("ratio", "ratio-or-aggregate")
    for n, name in enumerate(each.ratio or ()):
        if name not in plain:
            yield Problem(f"ratio/{n}", "unknown-column", {"column": name, "known": sorted(plain)})


def _aggregate(each: Measure, report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    if each.field is None and each.aggregate != "count":
        yield Problem("field", "required")
    if each.field is not None:
        kinds = _NEEDS.get(each.aggregate, GROUPABLE)
        yield from _of_kind(catalog, report.source, each.field, "field", kinds)
    if each.where is not None:
        yield from under("where", catalog.condition(report.source, each.where)[1])


def _sort(report: ReportDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    known = [each.name for each in report.dimensions]
    known += [each.name for each in report.measures]
    for n, name in enumerate(report.sort):
        if name.removeprefix("-") not in known:
            params = {"column": name.removeprefix("-"), "known": known}
            yield Problem(f"sort/{n}", "unknown-column", params)


def _of_kind(
    catalog: FormCatalog, form_key: str, path: str, place: str,
    kinds: frozenset[Kind] | None = None,
) -> Iterator[Problem]:  # fmt: skip
    """The path's own problems, or one that says it does not fit here.

    Without ``kinds`` anything that groups fits, fields of several values, too.
    """
    view, problems = view_of(catalog, form_key, path)
    yield from under(place, problems)
    fits = GROUPABLE if kinds is None else kinds
    if view is not None and (view.kind not in fits or (view.is_many and kinds is not None)):
        yield Problem(place, "field-does-not-fit", {"field": view.label})
