"""One run of a plain report in steps: fields, bounds in time, questions and answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, cast

from regulars.platform.errors import Invalid
from regulars.platform.expressions import times
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem
from regulars.report_builder.asking import Asked
from regulars.report_builder.columns_shown import report_columns
from regulars.report_builder.compiler import Compiled, Question, compile_extent, compile_question
from regulars.report_builder.definition import Dimension
from regulars.report_builder.fields import FieldView, view_of
from regulars.report_builder.ground import Ground, stand_on
from regulars.report_builder.periods import Span, count_spans, local_day, spans, step
from regulars.report_builder.periods_sql import Bounds
from regulars.report_builder.ranges import Range, end_day
from regulars.report_builder.result import Column

MAX_SPANS = 5_000

Values = tuple[Any, ...]
Periods = dict[str, tuple[Span, ...]]  # by dimension


@dataclass(frozen=True)
class PlainRun:
    """One run of one report, in steps."""

    asked: Asked

    @cached_property
    def views(self) -> dict[str, FieldView]:
        """Every field path the report reads."""
        report, found = self.asked.report, {}
        paths = [each.field for each in report.dimensions]
        paths += [each.field for each in report.measures if each.field]
        paths += [report.time_field] if report.time_field else []
        for path in paths:
            view, _problems = view_of(self.asked.catalog, report.source, path)
            assert view is not None
            found[path] = view
        return found

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the answer."""
        form = self.asked.catalog.shapes.forms[self.asked.report.source]
        return report_columns(self.asked.report, self.views, form.label or form.key)

    @property
    def width(self) -> int:
        """How many of the columns are dimensions."""
        return len(self.asked.report.dimensions)

    @property
    def is_day(self) -> bool:
        """Whether the time field holds days, not instants."""
        path = self.asked.report.time_field
        return path is not None and self.views[path].kind is Kind.DATE

    def bounds(self, chosen: Range) -> tuple[Any, Any]:
        """Where the records' time begins and ends, as the time field knows it."""
        moment = self.asked.moment
        if self.asked.report.time_field is None:
            return None, None
        if self.is_day:
            lo, hi, cut = chosen.since, _day_end(chosen, self), end_day(moment.now, moment)
        else:
            lo, hi = chosen.lo(moment), chosen.hi(moment)
            cut = times.just_after(moment.now)
        if self.asked.is_past:
            hi = cut if hi is None else min(hi, cut)
        return lo, hi

    def question(self, chosen: Range) -> Question:
        """What to ask about a stretch of time, without periods yet."""
        bounds = Bounds(*self.bounds(chosen))
        return Question(self.asked.report, self.views, self.asked.where, bounds)

    def ground(self) -> Ground:
        """The tables, fresh for one SELECT."""
        asked = self.asked
        return stand_on(asked.uow, asked.catalog, asked.access, asked.moment, asked.report.source)

    def rows(self, question: Question) -> list[Values]:
        """The answer's rows: dimensions, then measures."""
        compiled: Compiled = compile_question(question, self.ground())
        return [compiled.read(row) for row in self.asked.uow.execute(compiled.statement)]

    def totals(self, chosen: Range) -> Values:
        """The measures of everything together, asked anew."""
        question = replace(self.question(chosen), by_dimension=False)
        time = self.asked.report.time_dimension
        if time is not None:
            dated = {"field": time.field, "op": "is_not_empty"}
            question = replace(question, where=(*question.where, dated))
        return self.rows(question)[0]

    def periods(self, chosen: Range) -> Periods:
        """The periods of each dimension by time."""
        found: Periods = {}
        for each in self.asked.report.dimensions:
            if each.by is not None:
                found[each.name] = self._spans(each, chosen)
        return found

    def _spans(self, each: Dimension, chosen: Range) -> tuple[Span, ...]:
        """From the range's beginning, or the first record, to the last one or to now."""
        extent = self._extent(chosen, each.field)
        if extent is None:
            return ()
        since, until = extent[0], step("day", extent[1])
        moment = self.asked.moment
        if each.field == self.asked.report.time_field:
            since = min(since, chosen.since or since)
            if chosen.until is not None:
                until = max(until, min(chosen.until, end_day(moment.now, moment)))
        if count_spans(str(each.by), since, until) > MAX_SPANS:
            raise Invalid([Problem("dimensions", "too-many-periods", {"limit": MAX_SPANS})])
        return tuple(spans(str(each.by), since, until, moment))

    def _extent(self, chosen: Range, path: str) -> tuple[date, date] | None:
        statement = compile_extent(self.question(chosen), self.ground(), path)
        first, last = cast(tuple[Any, Any], self.asked.uow.execute(statement).one())
        if first is None:
            return None
        return self._day(first), self._day(last)

    def _day(self, when: date | datetime) -> date:
        return local_day(when, self.asked.moment) if isinstance(when, datetime) else when


def _day_end(chosen: Range, run: PlainRun) -> date | None:
    """The day after the range; a range cut off inside a day holds the whole of that day."""
    if chosen.cut is None:
        return chosen.until
    cut = end_day(chosen.cut - timedelta(microseconds=1), run.asked.moment)
    return cut if chosen.until is None else min(cut, chosen.until)
