"""What a simulation says: figures, days, doubts, some of the people. Pure, and kept as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.rule_engine.simulating.span import Span


@dataclass(frozen=True)
class SentMessage:
    """One message as it would have been: its end, and when."""

    run: int
    record: int
    step: str
    message: str
    channel: str
    status: str
    reason: str | None
    at: datetime


@dataclass(frozen=True)
class Entered:
    """One entry into the rule, and how it would have ended; ``why`` is a finding's JSON."""

    run: int
    record: int
    at: datetime
    arm: str
    status: str
    outcome: str | None
    why: Any = None


@dataclass(frozen=True)
class DayFigures:
    """One day of the shop: who entered, what was sent, what was held back."""

    day: str
    entered: int
    sent: int
    held: int


@dataclass(frozen=True)
class Figures:
    """All that counts. ``peak_hour`` and ``peak_day`` are (when, how many), None without any."""

    days: int
    people: int
    entries: int
    backlog: int
    sent: int
    by_channel: Mapping[str, int]
    held: Mapping[str, int]
    withheld: int
    deferred: int
    waiting: int
    outcomes: Mapping[str, int]
    inside: int
    per_day: list[DayFigures]
    peak_hour: tuple[str, int] | None
    peak_day: tuple[str, int] | None
    records: Mapping[str, int] = field(default_factory=dict)
    cost: str | None = None  # in the shop's currency
    doubts: Sequence[str] = ()

    @property
    def peak_per_hour(self) -> int:
        """The most messages in any hour."""
        return self.peak_hour[1] if self.peak_hour else 0

    @property
    def entries_a_day(self) -> float:
        """How many enter on an average day."""
        return self.entries / max(1, self.days)

    def as_json(self) -> dict[str, Any]:
        """The shape that is kept and that outside clients read."""
        return asdict(self)

    def of_some(
        self, entered: Sequence[Entered], messages: Sequence[SentMessage], span: Span,
        zone: ZoneInfo,
    ) -> Figures:  # fmt: skip
        """The figures of a part of the people; what is known only of all is left out."""
        about = Counting(span.start, span.end, zone, self.days, 0, 0, {}, self.doubts)
        return count_up(entered, messages, about)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Figures:
        """What `as_json` kept."""
        days = [DayFigures(**each) for each in raw["per_day"]]
        peaks = {
            name: (raw[name][0], raw[name][1]) if raw[name] else None
            for name in ("peak_hour", "peak_day")
        }
        return cls(**{**raw, "per_day": days, **peaks})


@dataclass(frozen=True)
class Simulation:
    """Everything a simulation found."""

    figures: Figures
    entered: Sequence[Entered]
    messages: Sequence[SentMessage]


@dataclass(frozen=True)
class Counting:
    """What figures are made of, beside entries and messages."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    days: int
    backlog: int
    deferred: int
    records: Mapping[str, int]
    doubts: Iterable[str]
    cost: str | None = None
    kept_out: Mapping[str, int] = field(default_factory=dict)  # of entries, by reason


def count_up(
    entered: Sequence[Entered], messages: Sequence[SentMessage], about: Counting
) -> Figures:
    """The figures of what happened."""
    sent = [each for each in messages if each.status in ("sent", "unknown")]
    held = [each for each in messages if each.status in ("suppressed", "failed")]
    hours = Counter(_hour(each.at, about.zone) for each in sent)
    days = Counter(_day(each.at, about.zone) for each in sent)
    ended = [each for each in entered if each.status != "live"]
    return Figures(
        days=about.days,
        people=len({each.record for each in entered}),
        entries=len(entered),
        backlog=about.backlog,
        sent=len(sent),
        by_channel=dict(sorted(Counter(each.channel for each in sent).items())),
        held=dict(
            (
                Counter(each.reason or "unknown" for each in held) + Counter(about.kept_out)
            ).most_common()
        ),
        withheld=sum(each.status == "withheld" for each in messages),
        deferred=about.deferred,
        waiting=sum(each.status == "queued" for each in messages),
        outcomes=dict(Counter(each.outcome or each.status for each in ended).most_common()),
        inside=len(entered) - len(ended),
        per_day=_per_day(entered, sent, held, about),
        peak_hour=_top(hours),
        peak_day=_top(days),
        records=dict(about.records),
        cost=about.cost,
        doubts=sorted(about.doubts),
    )


def _per_day(
    entered: Sequence[Entered], sent: Sequence[SentMessage], held: Sequence[SentMessage],
    about: Counting,
) -> list[DayFigures]:  # fmt: skip
    zone = about.zone
    counted = [Counter(_day(each.at, zone) for each in some) for some in (entered, sent, held)]
    found = []
    day: date = about.start.astimezone(zone).date()
    while day <= about.end.astimezone(zone).date():
        name = day.isoformat()
        found.append(DayFigures(name, *(some[name] for some in counted)))
        day += timedelta(days=1)
    return found


def _top(counted: Counter[str]) -> tuple[str, int] | None:
    if not counted:
        return None
    most = max(counted.values())
    return min(name for name, n in counted.items() if n == most), most


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


def _hour(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0).isoformat()
