"""The columns of a plain report: what each dimension and measure is called and holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.expressions.types import Kind
from regulars.platform.i18n import Text
from regulars.report_builder.definition import Dimension, Measure, ReportDefinition
from regulars.report_builder.fields import FieldView
from regulars.report_builder.result import Column
from regulars.report_builder.words import ProductText

PREVIOUS = "__previous"
ADDITIVE = ("sum", "count", "count_distinct")

Views = Mapping[str, FieldView]


def report_columns(report: ReportDefinition, views: Views, form: Text) -> tuple[Column, ...]:
    """Dimensions, then measures, then what measures are compared with."""
    dimensions = [_dimension(each, views[each.field]) for each in report.dimensions]
    measures = [_measure(each, report, views, form) for each in report.measures]
    compared = [_previous(column) for column in measures] if report.compare else []
    return (*dimensions, *measures, *compared)


def _dimension(each: Dimension, view: FieldView) -> Column:
    if each.by:
        return Column(each.name, "period", each.label or view.label, by=each.by)
    return Column(
        each.name,
        view.column_type,
        each.label or view.label,
        decimals=view.type.scale if view.kind is Kind.NUMBER else None,
        currency=view.currency,
        format=view.format,
        options=view.options,
        form=view.type.form if view.kind is Kind.LINK else None,
    )


def _measure(each: Measure, report: ReportDefinition, views: Views, form: Text) -> Column:
    label = each.label or measure_label(each, views, form)
    if each.ratio is not None:
        return _ratio(each, report, views, label)
    view = views.get(each.field or "")
    if each.aggregate in ("count", "count_distinct") or view is None:
        return Column(each.name, "count", label, is_measure=True, is_additive=True)
    if each.aggregate == "avg":
        shown = each.format or view.format or view.column_type
        return Column(
            each.name, "ratio", label, is_measure=True, currency=view.currency, format=shown
        )
    return Column(
        each.name,
        view.column_type,
        label,
        is_measure=True,
        decimals=view.type.scale if view.kind is Kind.NUMBER else None,
        currency=view.currency,
        format=each.format or (view.format if each.aggregate in ("min", "max") else None),
        is_additive=each.aggregate in ADDITIVE,
    )


def _ratio(each: Measure, report: ReportDefinition, views: Views, label: Text) -> Column:
    """Money per something is money; equals by equals is a share; else a plain number."""
    by_name = {other.name: other for other in report.measures}
    above, below = (by_name[name] for name in each.ratio or ())
    kinds = [_unit_of(measure, views) for measure in (above, below)]
    shown = "number"
    if kinds[0] == "money" and kinds[1] != "money":
        shown = "money"
    elif kinds[0] == kinds[1] and (above.where is not None or kinds[0] == "money"):
        shown = "percent"
    view = views.get(above.field or "")
    return Column(
        each.name,
        "ratio",
        label,
        is_measure=True,
        currency=view.currency if view and shown == "money" else None,
        format=each.format or shown,
    )


def _unit_of(measure: Measure, views: Views) -> str:
    if measure.aggregate in ("count", "count_distinct"):
        return "count"
    view = views.get(measure.field or "")
    return view.column_type if view else "count"


def measure_label(each: Measure, views: Views, form: Text) -> Text:
    """What a measure without a name of its own is called: "Sum of Amount"."""
    if each.ratio is not None:
        return each.name
    view = views.get(each.field or "")
    if view is None:
        return ProductText("reports.measure.count", field=form)
    name = "count-of" if each.aggregate == "count" else each.aggregate.replace("_", "-")
    return ProductText(f"reports.measure.{name}", field=view.label)


def _previous(column: Column) -> Column:
    return Column(
        f"{column.key}{PREVIOUS}",
        column.type,
        ProductText("reports.previous", column=column.label),
        is_measure=True,
        decimals=column.decimals,
        currency=column.currency,
        format=column.format,
        of=column.key,
        is_additive=column.is_additive,
    )
