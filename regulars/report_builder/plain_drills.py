"""The way from a row of a plain report back to its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.types import Kind
from regulars.report_builder import drills
from regulars.report_builder.definition import Dimension, Measure
from regulars.report_builder.drills import Condition
from regulars.report_builder.periods import span_of
from regulars.report_builder.periods_sql import OPEN, Bounds
from regulars.report_builder.result import Drill, Linked

if TYPE_CHECKING:
    from regulars.report_builder.plain_run import PlainRun


def row_drill(run: PlainRun, row: Sequence[Any]) -> Drill:
    """The records behind one row; measures with a condition of their own narrow it."""
    report = run.asked.report
    own = [
        _dimension(run, each, value) for each, value in zip(report.dimensions, row, strict=False)
    ]
    is_timed = any(each.by and each.field == report.time_field for each in report.dimensions)
    inside = None if is_timed else _inside(run)
    return _drill(run, drills.both(*run.asked.where, inside, *own))


def total_drill(run: PlainRun) -> Drill:
    """The records behind the totals."""
    time = run.asked.report.time_dimension
    dated: Condition | None = None
    if time is not None:
        dated = {"field": time.field, "op": "is_not_empty"}
    return _drill(run, drills.both(*run.asked.where, _inside(run), dated))


def _inside(run: PlainRun) -> Condition | None:
    """The chosen range as a condition."""
    path = run.asked.report.time_field
    return None if path is None else drills.between(path, *run.bounds(run.asked.chosen))


def _dimension(run: PlainRun, each: Dimension, value: Any) -> Condition | None:
    view = run.views[each.field]
    if each.by is None:
        plain = value.id if isinstance(value, Linked) else value
        return drills.equals(each.field, plain, is_many=view.is_many)
    span = span_of(each.by, value, run.asked.moment)
    is_own_time = each.field == run.asked.report.time_field
    bounds = Bounds(*run.bounds(run.asked.chosen)) if is_own_time else OPEN
    return drills.between(each.field, *bounds.edges(span, is_day=view.kind is Kind.DATE))


def _drill(run: PlainRun, condition: Condition | None) -> Drill:
    form_key, _dot, subform = run.asked.report.source.partition(".")
    by_name = {each.name: each for each in run.asked.report.measures}
    cells = {}
    for name, each in by_name.items():
        narrower = _narrower(each, by_name)
        if narrower is not None:
            cells[name] = _on_form(subform, drills.both(condition, narrower))
    whole = _on_form(subform, condition)
    return Drill(form_key, whole, {name: cell for name, cell in cells.items() if cell is not None})


def _narrower(each: Measure, by_name: dict[str, Measure]) -> Condition | None:
    """A measure's own condition; of a ratio that of what is divided."""
    if each.ratio is not None:
        each = by_name[each.ratio[0]]
    return each.where


def _on_form(subform: str, condition: Condition | None) -> Condition | None:
    return drills.having_rows(subform, condition) if subform else condition
