"""Running a report of dimensions and measures: ask, fill, compare, sort, total, lead back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.titles import titles_of
from regulars.report_builder import ordering
from regulars.report_builder.asking import Asked
from regulars.report_builder.comparing import (
    beside_the_period_before,
    beside_the_range_before,
    nothing_of,
    time_position,
)
from regulars.report_builder.compiler import MAX_GROUPS, compile_question
from regulars.report_builder.periods import Span
from regulars.report_builder.plain_drills import row_drill, total_drill
from regulars.report_builder.plain_run import PlainRun, Values
from regulars.report_builder.ranges import Range, previous
from regulars.report_builder.result import Linked, Note, Result


def run_plain(asked: Asked) -> Result:
    """The whole answer of a report of dimensions and measures."""
    run = PlainRun(asked)
    report, chosen = asked.report, asked.chosen
    before = previous(chosen, asked.moment) if report.compare else None
    periods = run.periods(chosen)
    main = periods.get(report.time_dimension.name, ()) if report.time_dimension else ()
    rows = run.rows(replace(run.question(chosen), spans=periods))
    notes = _notes(run, before)
    if len(rows) > MAX_GROUPS:
        rows = rows[:MAX_GROUPS]
        notes.append(Note("too-many-rows", MAX_GROUPS))
    rows = _filled(run, rows, main)
    if report.compare and report.time_dimension is not None:
        rows = beside_the_period_before(run, rows, main)
    elif report.compare:
        rows = beside_the_range_before(run, rows, before)
    return _finish(run, rows, main, (notes, before))


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
    nothing = tuple(nothing_of(column) for column in run.columns[1:] if column.of is None)
    return rows + [(span.first, *nothing) for span in periods if span.first not in have]


def _titled(run: PlainRun, rows: list[Values]) -> list[Values]:
    """Ids of links replaced by records with their titles."""
    forms = {n: column.form for n, column in enumerate(run.columns) if column.form}
    if not forms:
        return rows
    wanted: dict[str, set[int]] = {}
    for n, form in forms.items():
        wanted.setdefault(form, set()).update(row[n] for row in rows if row[n] is not None)
    titles = titles_of(run.asked.uow, run.asked.access, run.asked.catalog, wanted)

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
    position = time_position(run)
    open_rows = frozenset(n for n, row in enumerate(rows) if row[position] in firsts)
    notes = [Note("unfinished-period", span.first) for span in running]
    return open_rows, [*_cut_short(run, periods), *notes]


def _cut_short(run: PlainRun, periods: Sequence[Span]) -> list[Note]:
    """A note where the chosen range begins inside the first period."""
    report, since = run.asked.report, run.asked.chosen.since
    time = report.time_dimension
    if since is None or not periods or time is None or time.field != report.time_field:
        return []
    first = periods[0].first
    return [Note("partial-period", {"period": first, "since": since})] if first < since else []


def compiled_for(asked: Asked) -> sa.Select[Any]:
    """The SELECT a run would send, for those who want to read it."""
    run = PlainRun(asked)
    question = replace(run.question(asked.chosen), spans=run.periods(asked.chosen))
    return compile_question(question, run.ground()).statement
