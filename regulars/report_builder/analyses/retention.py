"""retention: of those active when a period began, how many are still active when it ends. Pure.

Active at an edge = at least one event in the ``window_days`` days before it (90 unless set).
start and end are the counts at the two edges, kept counts those active at both; rate = kept /
start, churn = 1 - rate. A period still running ends now. (Not (end - new) / start, which passes
100 % when lapsed customers come back.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from regulars.platform.expressions import times
from regulars.report_builder.analyses.base import PERIOD_SETTING, Analysis, Study, column
from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.periods import Span, local_day, step, stretch
from regulars.report_builder.result import Column, Drill, Note, Result

WINDOW_DAYS = 90


@dataclass(frozen=True)
class Edges:
    """One period with the people active at its beginning and at its end."""

    span: Span
    opening: Span
    closing: Span
    start: frozenset[int]
    end: frozenset[int]

    @property
    def kept(self) -> frozenset[int]:
        """Active at both edges."""
        return self.start & self.end

    @property
    def row(self) -> tuple[object, ...]:
        """The values in column order."""
        rate = ratio(len(self.kept), len(self.start))
        churn = None if rate is None else Decimal(1) - rate
        return (self.span.first, len(self.start), len(self.end), len(self.kept), rate, churn)


class Retention(Analysis):
    """One row per period: start, end, kept, rate, churn."""

    name = "retention"
    icon = "user-check"
    settings: ClassVar[Mapping[str, Any]] = {
        "period": PERIOD_SETTING,
        "window_days": {"type": "integer", "minimum": 1, "maximum": 3660},
    }
    chart: ClassVar[Mapping[str, Any]] = {"type": "line", "x": "period", "y": ["rate"]}

    def columns(self, study: Study) -> tuple[Column, ...]:
        counts = [column(key, is_measure=True) for key in ("start", "end", "kept")]
        shares = [
            column(key, "ratio", is_measure=True, format="percent") for key in ("rate", "churn")
        ]
        return (column("period", "period", by=study.by), *counts, *shares)

    def run(self, study: Study) -> Result:
        days = int(study.report.setting("window_days", WINDOW_DAYS))
        found = [each for each in _edges(study, days) if each.start]
        open_rows = [n for n, each in enumerate(found) if study.unfinished(each.span)]
        notes = [Note("unfinished-period", found[n].span.first) for n in open_rows]
        return Result(
            columns=self.columns(study),
            rows=tuple(each.row for each in found),
            period=study.chosen,
            notes=(Note("window-days", days), *notes),
            drill=tuple(_drill(study, each) for each in found),
            unfinished=frozenset(open_rows),
        )


def _edges(study: Study, days: int) -> list[Edges]:
    calendar = [span for span in study.calendar() if study.is_chosen(span)]
    calendar = [span for span in calendar if span.lo <= study.moment.now]
    windows = [
        window
        for span in calendar
        for window in (_window(study, span.first, days), _closing(study, span, days))
    ]
    active = study.events.active(windows)
    return [
        Edges(
            span,
            windows[2 * n],
            windows[2 * n + 1],
            frozenset(active[2 * n]),
            frozenset(active[2 * n + 1]),
        )
        for n, span in enumerate(calendar)
    ]


def _window(study: Study, edge: date, days: int) -> Span:
    """The ``days`` whole days before the day ``edge``."""
    return stretch(step("day", edge, -days), edge, study.moment)


def _closing(study: Study, span: Span, days: int) -> Span:
    """The window before the period's end, or before now while it is running."""
    if not study.unfinished(span):
        return _window(study, span.following, days)
    now = study.moment.now
    lo = times.add_to_instant(now, -days, "day", study.moment.zone)
    assert lo is not None
    today = local_day(now, study.moment)
    return Span(today - timedelta(days=days - 1), today + timedelta(days=1), lo, now)


def _drill(study: Study, edges: Edges) -> Drill:
    sets = {"start": edges.start, "end": edges.end, "churn": edges.start - edges.end}

    def ids(column: str | None) -> list[int]:
        return sorted(sets.get(column or "", edges.kept))

    people = study.people
    if people is None:
        return Drill(study.form, None, {}, ids)
    start = people.active(*study.bounds(edges.opening))
    end = people.active(*study.bounds(edges.closing))
    kept = {"all": [start, end]}
    cells = {"start": start, "end": end, "churn": {"all": [start, {"not": end}]}}
    return Drill(study.form, kept, cells, ids)
