"""Putting the period before beside each row of a plain report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from regulars.report_builder.arithmetic import nought
from regulars.report_builder.periods import Span, span_of, step
from regulars.report_builder.plain_run import PlainRun, Values
from regulars.report_builder.ranges import Range
from regulars.report_builder.result import Column


def nothing_of(column: Column) -> Any:
    """What a measure is where nothing was counted: nought if it adds up, else unknown."""
    if not column.is_additive:
        return None
    return 0 if column.type == "count" else nought(column.decimals)


def time_position(run: PlainRun) -> int:
    """The place of the first dimension by time."""
    report = run.asked.report
    assert report.time_dimension is not None
    return report.dimensions.index(report.time_dimension)


def beside_the_range_before(
    run: PlainRun, rows: Sequence[Values], before: Range | None
) -> list[Values]:
    """Each group with its measures of the range before; unknown where there is none."""
    nothing = _nothing(run)
    if before is None:
        return [row + (None,) * len(nothing) for row in rows]
    width = run.width
    earlier = {row[:width]: row[width:] for row in run.rows(run.question(before))}
    return [row + earlier.get(row[:width], nothing) for row in rows]


def beside_the_period_before(
    run: PlainRun, rows: Sequence[Values], periods: Sequence[Span]
) -> list[Values]:
    """Each row with the measures of its group one period earlier.

    Before the first period of a chosen range is asked for as well; before the first of all there
    is nothing known.
    """
    if not periods:
        return list(rows)
    position, width, nothing = time_position(run), run.width, _nothing(run)
    by = str(run.asked.report.dimensions[position].by)
    first_is_known = run.asked.chosen.since is not None
    earlier = _rows_before(run, by, periods[0]) if first_is_known else []
    known = {row[:width]: row[width:] for row in (*earlier, *rows)}
    found = []
    for row in rows:
        name = list(row[:width])
        name[position] = step(by, row[position], -1)
        is_first = row[position] == periods[0].first and not first_is_known
        missing = (None,) * len(nothing) if is_first else nothing
        found.append(row + known.get(tuple(name), missing))
    return found


def _rows_before(run: PlainRun, by: str, first: Span) -> list[Values]:
    """The rows of the one period before ``first``."""
    before = span_of(by, step(by, first.first, -1), run.asked.moment)
    chosen = Range(before.first, before.following)
    return run.rows(replace(run.question(chosen), spans=run.periods(chosen)))


def _nothing(run: PlainRun) -> Values:
    measures = [column for column in run.columns if column.is_measure and column.of is None]
    return tuple(nothing_of(column) for column in measures)
