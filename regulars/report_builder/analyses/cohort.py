"""cohort: of those who first came in a period, how many come again in each later one. Pure.

cohort = the calendar period of the first event ever; the cell at ``offset`` k counts those of the
cohort with an event in the k-th period after; rate = active / size. Offset 0 is everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from regulars.report_builder.analyses.base import PERIOD_SETTING, Analysis, Study, column
from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.periods import Span
from regulars.report_builder.result import Column, Drill, Note, Result


@dataclass(frozen=True)
class Cell:
    """One cohort in one later period."""

    cohort: Span
    later: Span
    offset: int
    members: frozenset[int]
    active: frozenset[int]

    @property
    def size(self) -> int:
        """How many came first in the cohort's period."""
        return len(self.members)

    @property
    def row(self) -> tuple[object, ...]:
        """The values in column order."""
        rate = ratio(len(self.active), self.size)
        return (self.cohort.first, self.size, self.offset, len(self.active), rate)


class Cohort(Analysis):
    """One row per cohort and offset: cohort, size, offset, active, rate."""

    name = "cohort"
    icon = "grid-3x3"
    settings: ClassVar[Mapping[str, Any]] = {"period": PERIOD_SETTING}
    chart: ClassVar[Mapping[str, Any]] = {"type": "cohort"}

    def columns(self, study: Study) -> tuple[Column, ...]:
        return (
            column("cohort", "period", by=study.by),
            column("size", is_measure=True),
            column("offset", "count"),
            column("active", is_measure=True, is_additive=True),
            column("rate", "ratio", is_measure=True, format="percent"),
        )

    def run(self, study: Study) -> Result:
        cells = [cell for cell in _cells(study) if study.is_chosen(cell.cohort)]
        open_rows = [n for n, cell in enumerate(cells) if study.unfinished(cell.later)]
        notes = [Note("unfinished-period", cells[open_rows[0]].later.first)] if open_rows else []
        extent = study.events.extent()
        if cells and extent and cells[0].cohort.first <= extent[0]:
            notes.append(Note("history-begins", cells[0].cohort.first))
        return Result(
            columns=self.columns(study),
            rows=tuple(each.row for each in cells),
            period=study.chosen,
            notes=tuple(notes),
            drill=tuple(_drill(study, each) for each in cells),
            unfinished=frozenset(open_rows),
        )


def _cells(study: Study) -> Iterator[Cell]:
    calendar = study.calendar()
    active = study.events.active(calendar)
    seen: set[int] = set()
    for position, span in enumerate(calendar):
        members = active[position] - seen
        seen |= active[position]
        if not members:
            continue
        for later in range(position, len(calendar)):
            kept = frozenset(members & active[later])
            yield Cell(span, calendar[later], later - position, frozenset(members), kept)


def _drill(study: Study, cell: Cell) -> Drill:
    def ids(column: str | None) -> list[int]:
        return sorted(cell.members if column == "size" else cell.active)

    people = study.people
    if people is None:
        return Drill(study.form, None, {}, ids)
    members = people.first(*study.bounds(cell.cohort))
    active = {"all": [members, people.active(*study.bounds(cell.later))]}
    return Drill(study.form, active, {"size": members}, ids)
