"""Running a report of dimensions and measures: ask, fill, compare, sort, total, lead back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

import sqlalchemy as sa

from regulars.form_builder.titles import titles_of
from regulars.platform.errors import Invalid
from regulars.platform.expressions import times
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem
from regulars.report_builder import ordering
from regulars.report_builder.asking import Asked
from regulars.report_builder.columns_shown import report_columns
from regulars.report_builder.compiler import (
    MAX_GROUPS,
    Compiled,
    Question,
    compile_extent,
    compile_question,
)
from regulars.report_builder.fields import FieldView, view_of
from regulars.report_builder.ground import Ground, stand_on
from regulars.report_builder.periods import Span, count_spans, local_day, span_of, spans, step
from regulars.report_builder.periods_sql import Bounds
from regulars.report_builder.plain_drills import row_drill, total_drill
from regulars.report_builder.ranges import Range, end_day, previous
from regulars.report_builder.result import Column, Linked, Note, Result

MAX_SPANS = 5_000

Values = tuple[Any, ...]


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

    def spans(self, chosen: Range, *, one_before: bool) -> tuple[Span, ...]:
        """The periods to show, and the one before them where that is compared with."""
        time = self.asked.report.time_dimension
        if time is None or time.by is None:
            return ()
        extent = self._extent(chosen, time.field)
        if extent is None:
            return ()
        since, until = extent[0], step("day", extent[1])
        moment = self.asked.moment
        if chosen.since is not None and time.field == self.asked.report.time_field:
            since = min(since, chosen.since)
        if chosen.until is not None and time.field == self.asked.report.time_field:
            until = max(until, min(chosen.until, end_day(moment.now, moment)))
        if one_before:
            since = step(time.by, span_of(time.by, since, moment).first, -1)
        if count_spans(time.by, since, until) > MAX_SPANS:
            raise Invalid([Problem("dimensions", "too-many-periods", {"limit": MAX_SPANS})])
        return tuple(spans(time.by, since, until, moment))

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


def run_plain(asked: Asked) -> Result:
    """The whole answer of a report of dimensions and measures."""
    run = PlainRun(asked)
    report, chosen = asked.report, asked.chosen
    over_time = report.time_dimension is not None
    before = previous(chosen, asked.moment) if report.compare else None
    one_before = over_time and before is not None
    asked_range = replace(chosen, since=None) if one_before else chosen
    periods = run.spans(chosen, one_before=one_before)
    if one_before and periods:
        asked_range = Range(periods[0].first, chosen.until)
    rows = run.rows(replace(run.question(asked_range), spans=periods))
    notes = _notes(run, before)
    if len(rows) > MAX_GROUPS:
        rows = rows[:MAX_GROUPS]
        notes.append(Note("too-many-rows", MAX_GROUPS))
    rows = _filled(run, rows, periods)
    if report.compare:
        rows = _compared(run, rows, before, periods)
    if one_before and periods:
        rows = [row for row in rows if not _is_first(run, row, periods[0])]
        periods = periods[1:]
    return _finish(run, rows, periods, (notes, before))


def _finish(
    run: PlainRun,
    rows: list[Values],
    periods: Sequence[Span],
    context: tuple[list[Note], Range | None],
) -> Result:
    notes, before = context
    report = run.asked.report
    rows = _titled(run, rows)
    rows = ordering.sort_rows(rows, run.columns, report, run.asked.access.locale)
    if report.limit is not None and len(rows) > report.limit:
        notes.append(Note("limited", {"shown": report.limit, "all": len(rows)}))
        rows = rows[: report.limit]
    totals = run.totals(run.asked.chosen)
    if report.compare:
        totals += run.totals(before) if before is not None else (None,) * len(totals)
    open_rows, open_notes = _unfinished(run, rows, periods)
    return Result(
        run.columns,
        tuple(rows),
        (*(None for _ in report.dimensions), *totals),
        run.asked.chosen,
        tuple(notes + open_notes),
        tuple(row_drill(run, row) for row in rows),
        total_drill(run),
        open_rows,
    )


def _notes(run: PlainRun, before: Range | None) -> list[Note]:
    report, moment = run.asked.report, run.asked.moment
    if report.time_dimension is not None or before is None:
        return []
    shown: dict[str, Any] = {"from": before.since, "to": before.hi(moment)}
    if before.cut is None:
        shown["to"] = before.until
    return [Note("compared-with", shown)]


def _filled(run: PlainRun, rows: list[Values], periods: Sequence[Span]) -> list[Values]:
    """A row for each period, also those in which nothing happened."""
    if run.width != 1 or not periods:
        return rows
    have = {row[0] for row in rows}
    nothing = tuple(_nothing(column) for column in run.columns[1:] if column.of is None)
    return rows + [(span.first, *nothing) for span in periods if span.first not in have]


def _nothing(column: Column) -> Any:
    if not column.is_additive:
        return None
    return 0 if column.type == "count" else Decimal(0)


def _is_first(run: PlainRun, row: Values, span: Span) -> bool:
    return bool(row[_time_position(run)] == span.first)


def _time_position(run: PlainRun) -> int:
    report = run.asked.report
    assert report.time_dimension is not None
    return report.dimensions.index(report.time_dimension)


def _compared(
    run: PlainRun, rows: list[Values], before: Range | None, periods: Sequence[Span]
) -> list[Values]:
    """Each row with the measures of the period before: its own row's, or those of the range."""
    width = run.width
    nothing = tuple(_nothing(column) for column in run.columns[width:] if column.of is None)
    unknown = (None,) * len(nothing)
    if run.asked.report.time_dimension is not None:
        return _shifted(run, rows, periods, (nothing, unknown))
    if before is None:
        return [row + unknown for row in rows]
    earlier = {row[:width]: row[width:] for row in run.rows(run.question(before))}
    return [row + earlier.get(row[:width], nothing) for row in rows]


def _shifted(
    run: PlainRun, rows: list[Values], periods: Sequence[Span], blank: tuple[Values, Values]
) -> list[Values]:
    position, width = _time_position(run), run.width
    time = run.asked.report.dimensions[position]
    assert time.by is not None
    known = {row[:width]: row[width:] for row in rows}
    first = periods[0].first if periods else None
    found = []
    for row in rows:
        earlier = list(row[:width])
        earlier[position] = step(time.by, row[position], -1)
        missing = blank[1] if row[position] == first else blank[0]
        found.append(row + known.get(tuple(earlier), missing))
    return found


def _titled(run: PlainRun, rows: list[Values]) -> list[Values]:
    """Ids of links replaced by records with their titles."""
    forms = {n: column.form for n, column in enumerate(run.columns) if column.form}
    if not forms:
        return rows
    wanted: dict[str, set[int]] = {}
    for n, form in forms.items():
        wanted.setdefault(form, set()).update(row[n] for row in rows if row[n] is not None)
    titles = titles_of(run.asked.uow, run.asked.catalog, wanted)

    def shown(n: int, value: Any) -> Any:
        form = forms.get(n)
        if form is None or value is None:
            return value
        return Linked(value, titles.get((form, value), f"#{value}"))

    return [tuple(shown(n, value) for n, value in enumerate(row)) for row in rows]


def _unfinished(
    run: PlainRun, rows: Sequence[Values], periods: Sequence[Span]
) -> tuple[frozenset[int], list[Note]]:
    """The rows of periods that are not over, and a note for each such period."""
    now, chosen = run.asked.moment.now, run.asked.chosen
    running = [span for span in periods if span.hi > now]
    if run.asked.report.time_dimension is None:
        hi = chosen.hi(run.asked.moment)
        is_open = hi is not None and hi > now and run.asked.report.time_field is not None
        notes = [Note("unfinished-period", chosen.since)] if is_open else []
        return frozenset(range(len(rows)) if is_open else ()), notes
    firsts = {span.first for span in running}
    position = _time_position(run)
    open_rows = frozenset(n for n, row in enumerate(rows) if row[position] in firsts)
    return open_rows, [Note("unfinished-period", span.first) for span in running]


def compiled_for(asked: Asked) -> sa.Select[Any]:
    """The SELECT a run would send, for those who want to read it."""
    run = PlainRun(asked)
    periods = run.spans(asked.chosen, one_before=False)
    question = replace(run.question(asked.chosen), spans=periods)
    return compile_question(question, run.ground()).statement
