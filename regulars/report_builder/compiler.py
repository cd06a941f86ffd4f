"""From a definition, a reader and a moment to one SELECT.

Inside, one row per record with the dimensions' keys and the measures' inputs; outside, GROUP BY
and the aggregates. Only sums, counts and extremes come from SQL: averages and ratios are divided
exactly afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from regulars.platform.expressions.types import Kind
from regulars.report_builder.arithmetic import nought, ratio
from regulars.report_builder.definition import Dimension, Measure, ReportDefinition
from regulars.report_builder.fields import FieldView
from regulars.report_builder.ground import Element, Ground
from regulars.report_builder.periods import Span
from regulars.report_builder.periods_sql import OPEN, Bounds, place

MAX_GROUPS = 20_000

Row = Sequence[Any]
Read = Callable[[Row], Any]


@dataclass(frozen=True)
class Question:
    """What one SELECT asks. ``lo``/``hi`` bound the time field; ``spans`` are each time
    dimension's periods.
    """

    report: ReportDefinition
    views: dict[str, FieldView]  # by path
    where: tuple[Any, ...] = ()  # condition JSON, all must hold
    bounds: Bounds = OPEN
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    by_dimension: bool = True


@dataclass(frozen=True)
class Compiled:
    """The SELECT, and how its rows become the report's values: dimensions, then measures."""

    statement: sa.Select[Any]
    dimensions: tuple[Read, ...]
    measures: tuple[Read, ...]

    def read(self, row: Row) -> tuple[Any, ...]:
        """One row of the answer."""
        return tuple(read(row) for read in (*self.dimensions, *self.measures))


def compile_question(question: Question, ground: Ground) -> Compiled:
    """The SELECT of a report whose meaning has been checked."""
    inner = _Inner(question, ground)
    dimensions = question.report.dimensions if question.by_dimension else ()
    keys = [inner.dimension(n, each) for n, each in enumerate(dimensions)]
    inputs = [inner.measure(n, each) for n, each in enumerate(question.report.measures)]
    rows = inner.statement().subquery("rows")
    outer = _Outer(rows)
    for shown in keys:
        outer.group(*shown)
    for each, name in zip(question.report.measures, inputs, strict=True):
        outer.aggregate(each, name)
    return Compiled(outer.statement(), tuple(outer.dimensions), outer.measure_reads())


def compile_extent(question: Question, ground: Ground, path: str) -> sa.Select[Any]:
    """The first and the last value of a time field among the records that count."""
    at = ground.value(path)
    conditions = [*_conditions(question, ground), *_inside(question, ground), at.is_not(None)]
    chosen = sa.select(sa.func.min(at), sa.func.max(at)).select_from(ground.tables())
    return chosen.where(*conditions)


def _conditions(question: Question, ground: Ground) -> list[Element]:
    """The reader's scope, the definition's and the filters' conditions."""
    return [*ground.scope(), *(ground.condition(raw) for raw in question.where)]


def _inside(question: Question, ground: Ground) -> list[Element]:
    """The bounds of the time field as conditions."""
    path, bounds = question.report.time_field, question.bounds
    if path is None or bounds == OPEN:
        return []
    at = ground.value(path)
    found = [] if bounds.lo is None else [at >= bounds.lo]
    return found if bounds.hi is None else [*found, at < bounds.hi]


class _Inner:
    """One row per record: dimension keys ``d0``, names ``d0_name``, measure inputs ``m0``."""

    def __init__(self, question: Question, ground: Ground) -> None:
        self.question = question
        self.ground = ground
        self.columns: list[Element] = []
        self.first: sa.FromClause | None = None
        self.conditions = _conditions(question, ground)
        if not self._is_placed():
            self.conditions += _inside(question, ground)

    def dimension(self, number: int, each: Dimension) -> tuple[str, str | None, Read]:
        """The names of the key and of the shown value, and how to read it."""
        name = f"d{number}"
        if each.by is not None:
            spans = self.question.spans.get(each.name, ())
            return self._period(name, each, spans), None, _span_of(spans)
        key = self.ground.group_key(each.field)
        self.columns.append(key.label(name))
        view = self.question.views[each.field]
        if view.kind is not Kind.TEXT:
            return name, None, _as_is
        shown = f"{name}_name"
        self.columns.append(self.ground.value(each.field).label(shown))
        return name, shown, _as_is

    def measure(self, number: int, each: Measure) -> str | None:
        """The name of a measure's input; missing where its condition does not hold."""
        if each.ratio is not None:
            return None
        value = self._input(each)
        if each.where is not None:
            value = sa.case((self.ground.condition(each.where), value))
        name = f"m{number}"
        self.columns.append(value.label(name))
        return name

    def _input(self, each: Measure) -> Element:
        if each.field is None:
            return sa.literal(1, sa.Integer)
        if each.aggregate == "count_distinct":
            return self.ground.group_key(each.field)
        return self.ground.value(each.field)

    def _period(self, name: str, each: Dimension, spans: Sequence[Span]) -> str:
        """Only one dimension can be joined to the calendar; another is searched for."""
        bounds = self.question.bounds if each.field == self.question.report.time_field else OPEN
        placed = place(self.ground, each.field, spans, bounds, may_join=self.first is None)
        self.first = self.first if placed.first is None else placed.first
        self.conditions += placed.conditions
        self.columns.append(placed.number.label(name))
        return name

    def _is_placed(self) -> bool:
        """Whether a dimension by period already keeps rows inside the bounds."""
        report = self.question.report
        own = [each for each in report.dimensions if each.by and each.field == report.time_field]
        return bool(own) and self.question.by_dimension

    def statement(self) -> sa.Select[Any]:
        """The inner SELECT."""
        columns = self.columns or [sa.literal(1, sa.Integer).label("one")]
        return (
            sa.select(*columns).select_from(self.ground.tables(self.first)).where(*self.conditions)
        )


class _Outer:
    """GROUP BY and aggregates over the inner rows."""

    def __init__(self, rows: sa.Subquery) -> None:
        self.rows = rows
        self.columns: list[Element] = []
        self.keys: list[Element] = []
        self.dimensions: list[Read] = []
        self.reads: dict[str, Read] = {}
        self.ratios: list[Measure] = []
        self.order: list[str] = []

    def group(self, key: str, shown: str | None, read: Read) -> None:
        """Group by a key; texts that differ in case only show the first of them."""
        self.keys.append(self.rows.c[key])
        column = self.rows.c[key] if shown is None else sa.func.min(self.rows.c[shown])
        self.dimensions.append(_then(self._add(column), read))

    def aggregate(self, each: Measure, name: str | None) -> None:
        """One measure; an average is a sum and a count."""
        self.order.append(each.name)
        if name is None:
            self.ratios.append(each)
            return
        value = self.rows.c[name]
        if each.aggregate == "avg":
            total, count = self._add(sa.func.sum(value)), self._add(sa.func.count(value))
            self.reads[each.name] = lambda row: ratio(total(row), count(row))
        elif each.aggregate == "count_distinct":
            self.reads[each.name] = self._add(sa.func.count(sa.distinct(value)))
        elif each.aggregate == "count":
            self.reads[each.name] = self._add(sa.func.count(value))
        elif each.aggregate == "sum":
            summed = self._add(sa.func.sum(value))
            self.reads[each.name] = _then(summed, _or_nought(getattr(value.type, "scale", 0)))
        else:
            extreme = sa.func.min if each.aggregate == "min" else sa.func.max
            self.reads[each.name] = self._add(extreme(value))

    def measure_reads(self) -> tuple[Read, ...]:
        """How each measure is read, in the order of the definition."""
        for each in self.ratios:
            assert each.ratio is not None
            above, below = (self.reads[name] for name in each.ratio)
            self.reads[each.name] = lambda row, a=above, b=below: ratio(a(row), b(row))  # type: ignore[misc]
        return tuple(self.reads[name] for name in self.order)

    def statement(self) -> sa.Select[Any]:
        """The whole SELECT, cut off beyond what anyone reads."""
        chosen = sa.select(*self.columns).select_from(self.rows).group_by(*self.keys)
        return chosen.limit(MAX_GROUPS + 1) if self.keys else chosen

    def _add(self, column: Element) -> Read:
        position = len(self.columns)
        self.columns.append(column.label(f"c{position}"))
        return lambda row: row[position]


def _as_is(value: Any) -> Any:
    return value


def _or_nought(scale: int | None) -> Callable[[Any], Any]:
    return lambda value: nought(scale) if value is None else value


def _span_of(spans: Sequence[Span]) -> Callable[[Any], date]:
    return lambda number: spans[number].first


def _then(first: Read, second: Callable[[Any], Any]) -> Read:
    return lambda row: second(first(row))
