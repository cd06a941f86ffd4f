"""repurchase: which share of the buyers bought again. Pure.

buyers = people with at least one event in the chosen range, repeaters = with two or more; rate =
repeaters / buyers. ``by`` says what is counted: different ``days`` (the default, so that a split
receipt is no second visit) or ``orders``. The rate grows with the range, so the range is shown
beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from regulars.report_builder.analyses.base import Analysis, Study, column
from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.result import Column, Drill, Note, Result

WAYS = ("days", "orders")


class Repurchase(Analysis):
    """One row: buyers, repeaters, rate."""

    name = "repurchase"
    icon = "repeat"
    settings: ClassVar[Mapping[str, Any]] = {"by": {"enum": list(WAYS)}}
    chart: ClassVar[Mapping[str, Any]] = {"type": "number", "y": ["rate"]}
    has_time_axis = False

    def columns(self, study: Study) -> tuple[Column, ...]:
        return (
            column("buyers", is_measure=True),
            column("repeaters", is_measure=True),
            column("rate", "ratio", is_measure=True, format="percent"),
        )

    def run(self, study: Study) -> Result:
        way = str(study.report.setting("by", WAYS[0]))
        counts = _counts(study, way)
        repeaters = [subject for subject, n in counts.items() if n >= 2]
        row = (len(counts), len(repeaters), ratio(len(repeaters), len(counts)))
        return Result(
            columns=self.columns(study),
            rows=(row,),
            period=study.chosen,
            notes=(Note("repurchase-by", way),),
            drill=(_drill(study, way, counts),),
        )


def _counts(study: Study, way: str) -> Mapping[int, int]:
    if way == "days":
        return study.events.day_counts(study.chosen)
    found = study.events.summaries(study.chosen, None)
    return {subject: each.count for subject, each in found.items()}


def _drill(study: Study, way: str, counts: Mapping[int, int]) -> Drill:
    def ids(column: str | None) -> list[int]:
        least = 1 if column == "buyers" else 2
        return sorted(subject for subject, n in counts.items() if n >= least)

    people = study.people
    if people is None:
        return Drill(study.form, None, {}, ids)
    edges = study.edges()
    least = [("gte", 2)]
    again = people.counted(least, *edges) if way == "orders" else people.on_days(least, *edges)
    buyers = people.active(*edges)
    return Drill(study.form, buyers, {"repeaters": again or {}, "rate": again or {}}, ids)
