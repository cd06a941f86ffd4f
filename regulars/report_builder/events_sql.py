"""The events of an analysis, asked from the database in compact questions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions import times
from regulars.platform.expressions.types import Moment
from regulars.report_builder.analyses.base import Summary
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.ground import Element, Ground, stand_on
from regulars.report_builder.periods import Span, local_day, spans, step
from regulars.report_builder.periods_sql import Bounds, Placed, place, place_in_overlapping
from regulars.report_builder.ranges import Range


@dataclass(frozen=True)
class SqlEvents:
    """The records of a report's form that have a subject and happened by ``moment.now``.

    ``where`` are condition JSONs that all must hold.
    """

    uow: UnitOfWork
    catalog: FormCatalog
    access: Access
    moment: Moment
    report: ReportDefinition
    where: tuple[Any, ...] = ()

    @property
    def at(self) -> str:
        """The path of the events' time."""
        return str(self.report.at)

    def extent(self) -> tuple[date, date] | None:
        """The days of the first and the last event; None when there is none."""
        ground = self._ground()
        at = ground.value(self.at)
        first, last = self._rows(
            sa.select(sa.func.min(at), sa.func.max(at))
            .where(*self._known(ground), at < self._cut(ground))
            .select_from(ground.tables())
        )[0]
        return None if first is None else (self._day(first), self._day(last))

    def active(self, stretches: Sequence[Span]) -> list[set[int]]:
        """For each stretch the subjects with an event in it."""
        found: list[set[int]] = [set() for _ in stretches]
        if not stretches:
            return found
        ground = self._ground()
        in_line = all(a.hi == b.lo for a, b in itertools.pairwise(stretches))
        bring = place if in_line else place_in_overlapping
        placed = bring(ground, self.at, stretches, Bounds(hi=self._cut(ground)))
        for number, subject in self._rows(self._pairs(ground, placed)):
            found[number].add(subject)
        return found

    def summaries(self, chosen: Range, value: str | None) -> Mapping[int, Summary]:
        """Every subject with an event in the range: the last, how many, the sum of ``value``."""
        ground = self._ground()
        subject, at = ground.value(str(self.report.subject)), ground.value(self.at)
        summed = sa.literal(0) if value is None else ground.value(value)
        chosen_where = [*self._known(ground), *self._inside(ground, chosen)]
        statement = (
            sa.select(subject, sa.func.max(at), sa.func.count(), sa.func.sum(summed))
            .where(*chosen_where)
            .group_by(subject)
            .select_from(ground.tables())
        )
        return {
            who: Summary(last, count, Decimal(total or 0))
            for who, last, count, total in self._rows(statement)
        }

    def day_counts(self, chosen: Range) -> Mapping[int, int]:
        """On how many different days of the range each subject had an event."""
        extent = self.extent()
        if extent is None:
            return {}
        since = max(filter(None, (extent[0], chosen.since)))
        until = step("day", extent[1])
        until = until if chosen.until is None else min(until, chosen.until)
        days = list(spans("day", since, until, self.moment))
        ground = self._ground()
        placed = place(ground, self.at, days, Bounds(hi=self._cut(ground)))
        pairs = self._pairs(ground, placed).subquery("pairs")
        counted = sa.select(pairs.c.subject, sa.func.count()).group_by(pairs.c.subject)
        return dict(map(tuple, self._rows(counted)))

    def _rows(self, statement: sa.Executable) -> list[Any]:
        return list(self.uow.execute(statement))

    def _pairs(self, ground: Ground, placed: Placed) -> sa.Select[*tuple[Any, ...]]:
        """Every (period, subject) once."""
        subject = ground.value(str(self.report.subject)).label("subject")
        conditions = [*self._known(ground), *placed.conditions]
        return (
            sa.select(placed.number.label("period"), subject)
            .where(*conditions)
            .distinct()
            .select_from(ground.tables(placed.first))
        )

    def _ground(self) -> Ground:
        return stand_on(self.uow, self.catalog, self.access, self.moment, self.report.source)

    def _known(self, ground: Ground) -> list[Element]:
        """The reader's scope, the conditions, a subject."""
        subject = ground.value(str(self.report.subject))
        found = [*ground.scope(), *(ground.condition(raw) for raw in self.where)]
        return [*found, subject.is_not(None)]

    def _cut(self, ground: Ground) -> Any:
        if ground.is_day(self.at):
            return step("day", local_day(self.moment.now, self.moment))
        return times.just_after(self.moment.now)

    def _inside(self, ground: Ground, chosen: Range) -> list[Element]:
        at, is_day = ground.value(self.at), ground.is_day(self.at)
        lo = chosen.since if is_day else chosen.lo(self.moment)
        hi = chosen.until if is_day else chosen.hi(self.moment)
        cut = self._cut(ground)
        lower = [] if lo is None else [at >= lo]
        return [*lower, at < (cut if hi is None else min(hi, cut))]

    def _day(self, when: date | datetime) -> date:
        return local_day(when, self.moment) if isinstance(when, datetime) else when
