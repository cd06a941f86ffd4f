"""When a schedule is due: wall-clock slots in the shop's zone. Pure.

A slot is the instant a schedule means by "now", however late it is worked on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.durations import at_local, read_clock, read_moment

LATE_ENOUGH_TO_SKIP = timedelta(hours=2)
MOST_MISSED = 31
_LONGEST = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_A_MONTH = timedelta(days=31)
_MIDNIGHT = time(0, 0)
_DATE_FIELD_AT = "09:00"


@dataclass(frozen=True)
class Schedule:
    """``every`` hour, day, week or month; ``misfire`` says what a missed slot becomes.

    ``run_once``: the latest missed slot is worked on; ``skip``: a slot more than two hours late
    is left out; ``each``: the last 31 missed slots.
    """

    every: str
    at: time = _MIDNIGHT
    weekday: int = 0
    day: int = 1
    misfire: str = "run_once"
    once: datetime | None = None  # what a wall clock shows at the only moment there is

    @classmethod
    def of(cls, trigger: Trigger) -> Schedule | None:
        """The schedule of a trigger; None for one that events start."""
        own = trigger.settings
        if trigger.on == "date_field":
            return cls("day", read_clock(own.get("at", _DATE_FIELD_AT)), misfire="each")
        if trigger.on == "once":
            return cls("once", once=read_moment(own["at"]))
        if trigger.on != "scan":
            return None
        at = read_clock(own["at"]) if "at" in own else _MIDNIGHT
        return cls(
            own["every"], at, own.get("weekday", 0), own.get("day", 1),
            own.get("misfire", "run_once"),
        )  # fmt: skip

    def due(self, after: datetime, upto: datetime, zone: ZoneInfo) -> list[datetime]:
        """The slots to work on now, given that everything up to ``after`` is settled."""
        if upto <= after:
            return []
        if self.misfire == "each":
            far = MOST_MISSED * _LONGEST.get(self.every, _A_MONTH)
            return list(self.slots(max(after, upto - far), upto, zone))[-MOST_MISSED:]
        latest = self.latest(after, upto, zone)
        if latest is None:
            return []
        is_stale = self.misfire == "skip" and upto - latest > LATE_ENOUGH_TO_SKIP
        return [] if is_stale else [latest]

    def latest(self, after: datetime, upto: datetime, zone: ZoneInfo) -> datetime | None:
        """The last slot in ``(after, upto]``, or None."""
        start = max(after, upto - timedelta(days=63))
        last = None
        for slot in self.slots(start, upto, zone):
            last = slot
        return last

    def next(self, after: datetime, zone: ZoneInfo) -> datetime | None:
        """The first slot after an instant; None where there is none any more."""
        if self.once is not None:
            moment = at_local(self.once, zone)
            return moment if moment > after else None
        return next(self.slots(after, after + timedelta(days=63), zone))

    def slots(self, after: datetime, upto: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every slot in ``(after, upto]``, oldest first."""
        if self.once is not None:
            moment = at_local(self.once, zone)
            if after < moment <= upto:
                yield moment
            return
        source = (
            self._hours(after, upto) if self.every == "hour" else self._days(after, upto, zone)
        )
        yield from (slot for slot in source if after < slot <= upto)

    def _hours(self, after: datetime, upto: datetime) -> Iterator[datetime]:
        slot = after.astimezone(UTC).replace(minute=self.at.minute, second=0, microsecond=0)
        while slot <= upto:
            yield slot
            slot += timedelta(hours=1)

    def _days(self, after: datetime, upto: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        day = after.astimezone(zone).date() - timedelta(days=1)
        end = upto.astimezone(zone).date()
        while day <= end:
            if self._falls_on(day):
                yield at_local(datetime.combine(day, self.at), zone)
            day += timedelta(days=1)

    def _falls_on(self, day: date) -> bool:
        if self.every == "week":
            return day.weekday() == self.weekday
        if self.every == "month":
            return day.day == self.day
        return True
