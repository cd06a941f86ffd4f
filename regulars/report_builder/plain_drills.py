"""The way from a row of a plain report back to its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.types import Kind
from regulars.report_builder import drills
from regulars.report_builder.definition import Dimension, Measure
from regulars.report_builder.drills import Condition
from regulars.report_builder.periods import span_of
from regulars.report_builder.result import Drill, Linked

if TYPE_CHECKING:
    from regulars.report_builder.plain import PlainRun


def row_drill(run: PlainRun, row: Sequence[Any]) -> Drill:
    """The records behind one row; measures with a condition of their own narrow it."""
    named = zip(run.asked.report.dimensions, row, strict=False)
    own = [_dimension(run, each, value) for each, value in named]
    return _drill(run, drills.both(*_shared(run), *own))


def total_drill(run: PlainRun) -> Drill:
    """The records behind the totals."""
    time = run.asked.report.time_dimension
    dated: Condition | None = None
    if time is not None:
        dated = {"field": time.field, "op": "is_not_empty"}
    return _drill(run, drills.both(*_shared(run), dated))


def _shared(run: PlainRun) -> list[Condition | None]:
    """What every counted record meets: the report's conditions, the filters, the range."""
    path = run.asked.report.time_field
    lo, hi = run.bounds(run.asked.chosen)
    inside = None if path is None else drills.between(path, lo, hi)
    return [*run.asked.where, inside]


def _dimension(run: PlainRun, each: Dimension, value: Any) -> Condition | None:
    view = run.views[each.field]
    if each.by is None:
        plain = value.id if isinstance(value, Linked) else value
        return drills.equals(each.field, view.kind.value, plain)
    span = span_of(each.by, value, run.asked.moment)
    is_day = view.kind is Kind.DATE
    lo, hi = (span.first, span.following) if is_day else (span.lo, span.hi)
    return drills.between(each.field, lo, hi)


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
