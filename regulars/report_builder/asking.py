"""What the reader asks of a report: a period, filters by field, and the "now" it is about.

Parameters come from JSON or from an address: ``{"period": …, "unit": 3, "customer.tier":
"gold"}``; every key but ``period`` is a field path of the report's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.expressing import moment_of
from regulars.form_builder.field_rights import catalog_for
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.units import list_units, with_descendants
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Kind, Moment
from regulars.platform.problems import Problem
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.drills import Condition
from regulars.report_builder.fields import FieldView, view_of
from regulars.report_builder.ranges import ALL_TIME, Range, parse_range

PERIOD = "period"


@dataclass(frozen=True)
class Asked:
    """One run: whose, of what, about which moment, narrowed how.

    ``is_past`` says that the moment was given, so that what is dated later has not happened yet.
    """

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    report: ReportDefinition
    moment: Moment
    chosen: Range = ALL_TIME
    filters: tuple[Condition, ...] = ()
    is_past: bool = False

    @property
    def where(self) -> tuple[Condition, ...]:
        """Every condition on the records, the definition's first."""
        own = (self.report.where,) if self.report.where else ()
        return (*own, *self.filters)


def ask(
    uow: UnitOfWork,
    access: Access,
    report: ReportDefinition,
    params: Mapping[str, Any],
    at: datetime | None,
) -> Asked:
    """The parameters read and checked; raises Invalid with every problem."""
    catalog = catalog_for(uow, access)
    moment = moment_at(uow, access, at)
    chosen = parse_range(params.get(PERIOD), moment)
    problems: list[Problem] = []
    filters = []
    for path, value in params.items():
        if path == PERIOD or value in (None, "", []):
            continue
        found = _filter(uow, catalog, report, path, value)
        filters += [] if isinstance(found, Problem) else [found]
        problems += [found] if isinstance(found, Problem) else []
    if not chosen.is_open and report.time_field is None:
        problems.append(Problem(f"params/{PERIOD}", "report-has-no-time"))
    if problems:
        raise Invalid(problems)
    return Asked(uow, access, catalog, report, moment, chosen, tuple(filters), at is not None)


def moment_at(uow: UnitOfWork, access: Access, at: datetime | None) -> Moment:
    """The moment a run is about: the given one, or that of the transaction."""
    here = moment_of(uow, access)
    if at is None:
        return here
    now, me = at.astimezone(UTC), (here.member_id, here.unit_ids)
    return Moment(now, here.zone, here.week_start, *me, here.leap_day)


def _filter(
    uow: UnitOfWork, catalog: FormCatalog, report: ReportDefinition, path: str, value: Any
) -> Condition | Problem:
    """One filter as a condition: a value, or any of several."""
    place = f"params/{path}"
    path = record_path(report.source, path)
    view, problems = view_of(catalog, report.source, path)
    if view is None:
        return Problem(place, "unknown-field", {"field": path})
    wanted = list(value) if isinstance(value, (list, tuple)) else [value]
    if view.kind is Kind.LINK:
        wanted = _ids(uow, view, wanted)
    condition = _any_of(view, wanted)
    problems = catalog.condition(report.source, condition)[1]
    return problems[0].under(place) if problems else condition


def record_path(source: str, path: str) -> str:
    """The path as rows of a subform know it: their record's store is ``parent.unit``."""
    return f"parent.{path}" if "." in source and path in ("unit", "owner") else path


def _any_of(view: FieldView, wanted: list[Any]) -> Condition:
    if view.is_many:
        return {"field": view.path, "op": "has_any", "value": wanted}
    if view.kind is Kind.BOOLEAN:
        return {"field": view.path, "op": "is", "value": wanted[0] in (True, "true", "1", "yes")}
    return {"field": view.path, "op": "in", "value": wanted}


def _ids(uow: UnitOfWork, view: FieldView, wanted: list[Any]) -> list[Any]:
    """Ids as numbers; a unit may be named by its code, and stands for all below it."""
    if view.type.form == "sys_units":
        units = list_units(uow)
        codes = {unit.code: unit.id for unit in units}
        chosen = [codes.get(str(each)) or _id(each) for each in wanted]
        known = with_descendants(units, [each for each in chosen if isinstance(each, int)])
        return list(known) or chosen
    return [_id(each) for each in wanted]


def _id(value: Any) -> Any:
    if isinstance(value, Mapping) and "id" in value:
        value = value["id"]
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:
        return int(value)
    return int(value) if isinstance(value, Decimal) and value == int(value) else value
