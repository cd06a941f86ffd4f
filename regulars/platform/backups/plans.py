"""How often backups are made and which ones are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

KEPT_FOR = {
    "before": timedelta(days=30),  # made before a restore
    "upgrade": timedelta(days=30),  # made before an upgrade
    "last": timedelta(days=90),  # of a deleted workspace
    "taken": timedelta(days=7),  # brought in from outside
}
KEPT_MANUAL = 10
FAILED_FOR = timedelta(days=7)
MOST_DAYS, MOST_WEEKS = 90, 52


@dataclass(frozen=True)
class Plan:
    """A workspace's wish. ``hour`` is of its own day; weeks count by their first backup."""

    daily: bool = True
    hour: int = 3
    keep_days: int = 7
    keep_weeks: int = 4

    def due_day(self, now: datetime, zone: ZoneInfo, born: datetime) -> date | None:
        """The day whose backup should be there by now, None while none is due.

        A workspace gets its first one on the day after it was opened: there is a moment when a
        new shop has better things to do.
        """
        here = now.astimezone(zone)
        day = here.date() if here.hour >= self.hour else here.date() - timedelta(days=1)
        if not self.daily or day <= born.astimezone(zone).date():
            return None
        return day


@dataclass(frozen=True)
class Kept:
    """A backup as the question of keeping it sees it."""

    id: int
    kind: str
    good: bool
    at: datetime


def superfluous(backups: Iterable[Kept], plan: Plan, zone: ZoneInfo, now: datetime) -> set[int]:
    """The backups that may go; the newest good one never does."""
    known = sorted(backups, key=lambda each: (each.at, each.id), reverse=True)
    good = [each for each in known if each.good]
    stay = {each.id for each in good[:1]}
    stay |= _one_per_period([each for each in good if each.kind == "daily"], plan, zone)
    stay |= {each.id for each in [e for e in good if e.kind == "manual"][:KEPT_MANUAL]}
    stay |= {e.id for e in good if e.kind in KEPT_FOR and e.at + KEPT_FOR[e.kind] > now}
    stay |= {each.id for each in known if not each.good and each.at + FAILED_FOR > now}
    return {each.id for each in known} - stay


def _one_per_period(daily: Sequence[Kept], plan: Plan, zone: ZoneInfo) -> set[int]:
    """The newest of each of the last days, and the oldest of each of the last weeks."""
    days: dict[date, int] = {}
    weeks: dict[tuple[int, int], int] = {}
    for each in daily:
        day = each.at.astimezone(zone).date()
        days.setdefault(day, each.id)
        weeks[day.isocalendar()[:2]] = each.id
    newest_days = [days[day] for day in sorted(days, reverse=True)[: plan.keep_days]]
    newest_weeks = [weeks[week] for week in sorted(weeks, reverse=True)[: plan.keep_weeks]]
    return {*newest_days, *newest_weeks}
