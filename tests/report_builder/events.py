"""Events held in a list: the same questions the database answers, answered the slow plain way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from regulars.platform.expressions.types import Moment
from regulars.report_builder.analyses.base import Study, Summary
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.drills import People
from regulars.report_builder.periods import Span, local_day
from regulars.report_builder.ranges import Range, reaches
from regulars.report_builder.result import Column

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class ListedEvents:
    """(subject, instant, value) triples; later than ``moment.now`` counts as not happened."""

    rows: Sequence[tuple[int, datetime, Decimal]]
    moment: Moment

    def known(self) -> list[tuple[int, datetime, Decimal]]:
        return [row for row in self.rows if row[1] <= self.moment.now]

    def extent(self) -> tuple[date, date] | None:
        days = sorted(local_day(at, self.moment) for _, at, _ in self.known())
        return (days[0], days[-1]) if days else None

    def active(self, stretches: Sequence[Span]) -> list[set[int]]:
        return [{who for who, at, _ in self.known() if span.holds(at)} for span in stretches]

    def summaries(self, chosen: Range, value: str | None) -> Mapping[int, Summary]:
        found: dict[int, Summary] = {}
        for who, at, amount in self._inside(chosen):
            old = found.get(who)
            found[who] = Summary(
                max(at, old.last) if old else at,
                (old.count if old else 0) + 1,
                (old.value if old else Decimal(0)) + amount,
            )
        return found

    def day_counts(self, chosen: Range) -> Mapping[int, int]:
        days: dict[int, set[date]] = {}
        for who, at, _ in self._inside(chosen):
            days.setdefault(who, set()).add(local_day(at, self.moment))
        return {who: len(each) for who, each in days.items()}

    def _inside(self, chosen: Range) -> list[tuple[int, datetime, Decimal]]:
        return [row for row in self.known() if reaches(chosen, row[1], self.moment)]


def moment_at(text: str, zone: ZoneInfo = SHANGHAI, week_start: int = 0) -> Moment:
    """The moment at a local time, ``2026-03-10T12:00``."""
    now = datetime.fromisoformat(text).replace(tzinfo=zone)
    return Moment(now.astimezone(UTC), zone, week_start)


def study_of(
    events: str, now: str, analysis: str, chosen: Range | None = None, **settings: Any
) -> Study:
    """A study of events written as ``who local-time amount`` lines."""
    moment = moment_at(now)
    rows = []
    for line in events.strip().splitlines():
        who, at, *rest = line.split()
        local = datetime.fromisoformat(at).replace(tzinfo=SHANGHAI)
        amount = Decimal(rest[0]) if rest else Decimal(0)
        rows.append((int(who), local.astimezone(UTC), amount))
    raw = {
        "kind": "report", "key": "r", "label": "R", "from": "orders", "subject": "customer",
        "at": "paid_at", "analysis": analysis, **settings,
    }  # fmt: skip
    return Study(
        ReportDefinition.from_json(raw),
        moment,
        chosen or Range(),
        ListedEvents(rows, moment),
        "customers",
        people=People("customers", "orders", "paid_at"),
        amount=Column("amount", "money", "Amount", decimals=2, currency="CNY"),
    )
