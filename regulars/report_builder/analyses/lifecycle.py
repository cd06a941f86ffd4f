"""lifecycle: who is new, stays, comes back or falls silent, period by period. Pure.

active = at least one event in the period; new = the first event ever; returning = active in this
period and the one before; resurrected = active again after a pause; dormant = active in the
period before, not in this one; rate = returning / active of the period before. (Definition:
PostHog "lifecycle", with "new" by first event, not by sign-up.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from regulars.report_builder.analyses.base import PERIOD_SETTING, Analysis, Study, column
from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.drills import Condition
from regulars.report_builder.periods import Span
from regulars.report_builder.result import Column, Drill, Note, Result

KINDS = ("active", "new", "returning", "resurrected", "dormant")


@dataclass(frozen=True)
class Groups:
    """The people of one period by kind; ``before`` is None for the first period of all."""

    span: Span
    before: Span | None
    active: frozenset[int]
    new: frozenset[int]
    returning: frozenset[int]
    resurrected: frozenset[int]
    dormant: frozenset[int]
    earlier_active: int

    @property
    def row(self) -> tuple[object, ...]:
        """The values in column order; what the first period cannot know stays empty."""
        known = self.before is not None
        counts = [len(getattr(self, kind)) if known else None for kind in KINDS[2:]]
        rate = ratio(len(self.returning), self.earlier_active) if known else None
        return (self.span.first, len(self.active), len(self.new), *counts, rate)


class Lifecycle(Analysis):
    """One row per period: active, new, returning, resurrected, dormant, rate."""

    name = "lifecycle"
    icon = "users"
    settings: ClassVar[Mapping[str, Any]] = {"period": PERIOD_SETTING}
    chart: ClassVar[Mapping[str, Any]] = {
        "type": "bar",
        "x": "period",
        "y": ["new", "returning", "resurrected"],
        "stack": True,
    }

    def columns(self, study: Study) -> tuple[Column, ...]:
        counts = [column(kind, is_measure=True, is_additive=True) for kind in KINDS]
        rate = column("rate", "ratio", is_measure=True, format="percent")
        return (column("period", "period", by=study.by), *counts, rate)

    def run(self, study: Study) -> Result:
        groups = [each for each in _groups(study) if study.is_chosen(each.span)]
        open_rows = [n for n, each in enumerate(groups) if study.unfinished(each.span)]
        notes = [Note("unfinished-period", groups[n].span.first) for n in open_rows]
        if groups and groups[0].before is None:
            notes.append(Note("history-begins", groups[0].span.first))
        return Result(
            columns=self.columns(study),
            rows=tuple(each.row for each in groups),
            period=study.chosen,
            notes=tuple(notes),
            drill=tuple(_drill(study, each) for each in groups),
            unfinished=frozenset(open_rows),
        )


def _groups(study: Study) -> list[Groups]:
    calendar = study.calendar()
    seen: set[int] = set()
    earlier: set[int] = set()
    found = []
    by_period = study.events.active(calendar)
    for position, (span, active) in enumerate(zip(calendar, by_period, strict=True)):
        new = active - seen
        returning = active & earlier
        found.append(
            Groups(
                span,
                calendar[position - 1] if position else None,
                frozenset(active),
                frozenset(new),
                frozenset(returning),
                frozenset(active - new - returning),
                frozenset(earlier - active),
                len(earlier),
            )
        )
        seen |= active
        earlier = active
    return found


def _drill(study: Study, groups: Groups) -> Drill:
    cells = _cells(study, groups)

    def ids(column: str | None) -> list[int]:
        kind = column if column in KINDS else "active"
        return sorted(getattr(groups, kind))

    return Drill(study.form, cells.get("active"), cells, ids)


def _cells(study: Study, groups: Groups) -> Mapping[str, Condition]:
    people = study.people
    if people is None:
        return {}
    here = study.bounds(groups.span)
    active, new = people.active(*here), people.first(*here)
    if groups.before is None:
        return {"active": active, "new": new}
    before = people.active(*study.bounds(groups.before))
    known = people.first(None, study.bounds(groups.before)[0])
    return {
        "active": active,
        "new": new,
        "returning": {"all": [active, before]},
        "resurrected": {"all": [active, known, {"not": before}]},
        "dormant": {"all": [before, {"not": active}]},
        "rate": {"all": [active, before]},
    }
