"""rfm: people by how recently, how often and for how much they bought. Pure.

r = whole calendar days since the last event as of now, f = number of events, m = sum of
``value``; each is scored 1 to 5 by cuts at 20/40/60/80 % of the people (linear interpolation):
score = 1 + the number of cuts below the value, so that equal people share a score; r is turned
round, 5 is the most recent.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from regulars.platform.problems import Problem
from regulars.report_builder.analyses.base import Analysis, Study, Summary, column
from regulars.report_builder.arithmetic import exact_decimal, quintile_cuts, score, to_decimal
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.drills import Condition, both
from regulars.report_builder.periods import day_start, local_day
from regulars.report_builder.result import Column, Drill, Note, Result

Cuts = Sequence[Fraction]


@dataclass(frozen=True)
class Figures:
    """One person: days since the last event, number of events, sum of their value."""

    days: int
    count: int
    value: Decimal


class Rfm(Analysis):
    """One row per (r, f, m): how many people, and what they brought."""

    name = "rfm"
    icon = "gem"
    settings: ClassVar[Mapping[str, Any]] = {"value": {"$ref": "#/$defs/path"}}
    chart: ClassVar[Mapping[str, Any]] = {"type": "table"}
    has_time_axis = False

    def columns(self, study: Study) -> tuple[Column, ...]:
        shown = study.amount
        revenue = column(
            "revenue",
            shown.type if shown else "number",
            is_measure=True,
            is_additive=True,
            decimals=shown.decimals if shown else None,
            currency=shown.currency if shown else None,
        )
        scores = [column(key, "count") for key in ("r", "f", "m")]
        return (*scores, column("customers", is_measure=True, is_additive=True), revenue)

    def check(self, report: ReportDefinition, fields: Mapping[str, Any]) -> Iterator[Problem]:
        if "value" not in report.settings:
            yield Problem("value", "required")

    def run(self, study: Study) -> Result:
        value = str(study.report.setting("value"))
        people = _figures(study, study.events.summaries(study.chosen, value))
        if not people:
            return Result(self.columns(study), (), period=study.chosen)
        cuts = {
            name: quintile_cuts([getattr(each, field) for each in people.values()])
            for name, field in (("r", "days"), ("f", "count"), ("m", "value"))
        }
        cells: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for subject, each in people.items():
            cells[_scores(each, cuts)].append(subject)
        ordered = sorted(cells, reverse=True)
        rows = tuple(
            (*cell, len(cells[cell]), sum((people[who].value for who in cells[cell]), Decimal(0)))
            for cell in ordered
        )
        shown = {name: [to_decimal(cut) for cut in each] for name, each in cuts.items()}
        total = sum((each.value for each in people.values()), Decimal(0))
        return Result(
            columns=self.columns(study),
            rows=rows,
            totals=(None, None, None, len(people), total),
            period=study.chosen,
            notes=(Note("rfm-cuts", shown),),
            drill=tuple(_drill(study, value, cell, cuts, cells[cell]) for cell in ordered),
        )


def _figures(study: Study, summaries: Mapping[int, Summary]) -> dict[int, Figures]:
    today = local_day(study.moment.now, study.moment)
    return {
        subject: Figures((today - _day(study, each.last)).days, each.count, each.value)
        for subject, each in summaries.items()
    }


def _day(study: Study, when: datetime | date) -> date:
    return local_day(when, study.moment) if isinstance(when, datetime) else when


def _scores(each: Figures, cuts: Mapping[str, Cuts]) -> tuple[int, int, int]:
    recent = 6 - score(each.days, cuts["r"])
    return recent, score(each.count, cuts["f"]), score(each.value, cuts["m"])


def _drill(
    study: Study,
    value: str,
    cell: tuple[int, int, int],
    cuts: Mapping[str, Cuts],
    members: list[int],
) -> Drill:
    def ids(_column: str | None) -> list[int]:
        return sorted(members)

    people = study.people
    if people is None:
        return Drill(study.form, None, {}, ids)
    lo, hi = study.edges()
    r, f, m = cell
    condition = both(
        _recency(study, _limits(6 - r, cuts["r"])),
        people.active(lo, hi),
        people.counted(_bounds(_limits(f, cuts["f"])), lo, hi),
        people.summed(value, _bounds(_limits(m, cuts["m"])), lo, hi),
    )
    return Drill(study.form, condition, {}, ids)


def _limits(score: int, cuts: Cuts) -> tuple[Fraction | None, Fraction | None]:
    """The values of this score lie above the first limit, and at or below the second."""
    return cuts[score - 2] if score > 1 else None, cuts[score - 1] if score < 5 else None


def _bounds(limits: tuple[Fraction | None, Fraction | None]) -> list[tuple[str, Decimal]]:
    pairs = zip(("gt", "lte"), limits, strict=True)
    return [(op, exact_decimal(limit)) for op, limit in pairs if limit is not None]


def _recency(study: Study, limits: tuple[Fraction | None, Fraction | None]) -> Condition | None:
    """Days above and at most, as the days on which the last event may lie."""
    above, most = limits
    today = local_day(study.moment.now, study.moment)
    since = None if most is None else today - timedelta(days=math.floor(most))
    until = None if above is None else today - timedelta(days=math.floor(above))
    if study.people is None or (since is None and until is None):
        return None
    cut = study.edges()[1]
    if study.is_day:
        return study.people.last(since, until, cut)
    lo = None if since is None else day_start(since, study.moment)
    hi = None if until is None else day_start(until, study.moment)
    return study.people.last(lo, hi, cut)
