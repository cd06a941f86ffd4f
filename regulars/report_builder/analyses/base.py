"""What an analysis is given and what it declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from regulars.platform.expressions import times
from regulars.platform.expressions.types import Moment
from regulars.platform.problems import Problem
from regulars.platform.registry import Registry
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.drills import People
from regulars.report_builder.periods import Span, local_day, spans, step
from regulars.report_builder.ranges import Range
from regulars.report_builder.result import Column, Result
from regulars.report_builder.words import column_label

PERIOD_SETTING = {"$ref": "#/$defs/period"}
DEFAULT_PERIOD = "month"
MAX_SPANS = 5_000


@dataclass(frozen=True)
class Summary:
    """One subject's events: the last one's time, how many, and the sum of their value."""

    last: datetime | date
    count: int
    value: Decimal


class Events(Protocol):
    """The events a reader may see, up to the report's "now" (what happened later is not known
    yet).
    """

    def extent(self) -> tuple[date, date] | None:
        """The days of the first and of the last event; None when there is none."""

    def active(self, stretches: Sequence[Span]) -> list[set[int]]:
        """For each stretch the subjects with an event in it; stretches may overlap."""

    def summaries(self, chosen: Range, value: str | None) -> Mapping[int, Summary]:
        """Every subject with an event in the range; sums the field ``value``."""

    def day_counts(self, chosen: Range) -> Mapping[int, int]:
        """On how many different days of the range each subject had an event."""


@dataclass(frozen=True)
class Study:
    """One run: the definition, the moment it is about, the chosen range, and the events.

    ``is_day`` says that events carry a day, not an instant. ``form`` is the subjects' form;
    ``people`` finds them by condition where their form shows their events.
    """

    report: ReportDefinition
    moment: Moment
    chosen: Range
    events: Events
    form: str
    is_day: bool = False
    people: People | None = None
    amount: Column | None = None  # how the analysis' value field is shown

    @property
    def by(self) -> str:
        """The length of one period."""
        return str(self.report.setting("period", DEFAULT_PERIOD))

    def calendar(self) -> list[Span]:
        """Every period from the first event to the last, or to the chosen range's end if later."""
        extent = self.events.extent()
        if extent is None:
            return []
        last = extent[1]
        if self.chosen.until is not None:
            wanted = min(
                step("day", self.chosen.until, -1), local_day(self.moment.now, self.moment)
            )
            last = max(last, wanted)
        return list(spans(self.by, extent[0], step("day", last), self.moment))

    def is_chosen(self, span: Span) -> bool:
        """Whether the chosen range holds any day of the period."""
        since, until = self.chosen.since, self.chosen.until
        return (since is None or span.following > since) and (until is None or span.first < until)

    def unfinished(self, span: Span) -> bool:
        """Whether the period is still running."""
        return span.hi > self.moment.now

    @property
    def cut(self) -> Any:
        """Events from here on have not happened yet."""
        if self.is_day:
            return step("day", local_day(self.moment.now, self.moment))
        return times.just_after(self.moment.now)

    def bounds(self, span: Span) -> tuple[Any, Any]:
        """The edges of a stretch as this report's time field knows them, no later than now."""
        lo, hi = (span.first, span.following) if self.is_day else (span.lo, span.hi)
        return lo, min(hi, self.cut)

    def edges(self) -> tuple[Any, Any]:
        """The edges of the chosen range as this report's time field knows them, no later than
        now.
        """
        chosen = self.chosen
        lo, hi = chosen.since, chosen.until
        if not self.is_day:
            return chosen.lo(self.moment), min(chosen.hi(self.moment) or self.cut, self.cut)
        return lo, min(hi or self.cut, self.cut)


class Analysis:
    """Base of every analysis. ``settings`` are the JSON Schema properties it adds to a report."""

    name: ClassVar[str]
    icon: ClassVar[str] = "chart-column"
    settings: ClassVar[Mapping[str, Any]] = {}
    chart: ClassVar[Mapping[str, Any]] = {
        "type": "table"
    }  # drawn so unless the report says otherwise
    has_time_axis: ClassVar[bool] = True

    def columns(self, study: Study) -> tuple[Column, ...]:
        """The result's columns."""
        raise NotImplementedError

    def run(self, study: Study) -> Result:
        """The whole answer."""
        raise NotImplementedError

    def check(self, report: ReportDefinition, fields: Mapping[str, Any]) -> Iterator[Problem]:
        """Problems of the settings that JSON Schema cannot see; ``fields`` are the source's."""
        yield from ()


analyses: Registry[Analysis] = Registry("analysis")


def column(key: str, kind: str = "count", **extra: Any) -> Column:
    """A column of an analysis; its words stand at ``reports.column.<key>``."""
    label = extra.pop("label", None)
    return Column(key, kind, label or column_label(key), **extra)
