"""Running an analysis over the records of a form."""

from __future__ import annotations

from dataclasses import replace

from regulars.platform.accounts.roles import ByCondition
from regulars.platform.expressions.types import Kind
from regulars.report_builder.analyses.base import Study, analyses
from regulars.report_builder.asking import Asked
from regulars.report_builder.checks import amount_field
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.drills import Condition, People, both
from regulars.report_builder.events_sql import SqlEvents
from regulars.report_builder.fields import view_of
from regulars.report_builder.result import Column, Result


def run_study(asked: Asked) -> Result:
    """The whole answer of an analysis."""
    report = _with_amount(asked)
    study = Study(
        report,
        asked.moment,
        asked.chosen,
        SqlEvents(asked.uow, asked.catalog, asked.access, asked.moment, report, asked.where),
        _subject_form(asked),
        is_day=_kind(asked, str(report.at)) is Kind.DATE,
        people=_people(asked),
        amount=_amount(asked, report),
    )
    return analyses.get(str(report.analysis)).run(study)


def _with_amount(asked: Asked) -> ReportDefinition:
    """The definition with the field that is summed, also where it goes without saying."""
    value = amount_field(asked.report, asked.catalog)
    if value is None:
        return asked.report
    return replace(asked.report, settings={**asked.report.settings, "value": value})


def _amount(asked: Asked, report: ReportDefinition) -> Column | None:
    path = report.settings.get("value")
    view = view_of(asked.catalog, report.source, str(path))[0] if path else None
    if view is None:
        return None
    return Column(
        "value",
        view.column_type,
        view.label,
        decimals=view.type.scale,
        currency=view.currency,
    )


def _subject_form(asked: Asked) -> str:
    view, _problems = view_of(asked.catalog, asked.report.source, str(asked.report.subject))
    assert view is not None
    return str(view.type.form)


def _kind(asked: Asked, path: str) -> Kind | None:
    view, _problems = view_of(asked.catalog, asked.report.source, path)
    return None if view is None else view.kind


def _people(asked: Asked) -> People | None:
    """How subjects show their events: a related field over the very link the analysis follows."""
    report = asked.report
    shape = asked.catalog.shapes.find(_subject_form(asked))
    for key, each in shape.fields.items() if shape else ():
        if (
            each.type.kind is Kind.ROWS
            and each.type.form == report.source
            and each.via == report.subject
        ):
            where = both(*asked.where, *_scope(asked))
            return People(_subject_form(asked), key, str(report.at), where)
    return None


def _scope(asked: Asked) -> list[Condition]:
    """The reader's own records as a condition, since people are found by all their events."""
    access = asked.access
    scope = access.scope(asked.report.source, "read")
    if isinstance(scope, ByCondition):
        return [dict(scope.condition)]
    if scope in ("unit", "unit_tree"):
        units = list(access.unit_ids if scope == "unit_tree" else access.own_unit_ids)
        mine: Condition = {"field": "unit", "op": "in", "value": units}
        return [{"any": [{"field": "unit", "op": "is_empty"}, mine]}]
    if scope == "own":
        return [{"field": "owner", "op": "is", "value": access.member_id}]
    return []
