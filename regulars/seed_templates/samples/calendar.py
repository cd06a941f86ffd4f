"""When people shop: the window of the sample, the seasons, the hours of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from regulars.seed_templates.samples.flavour import Flavour

T = TypeVar("T")

_MONTHS = (1.05, 0.8, 0.95, 1.0, 1.05, 1.05, 0.9, 0.95, 1.05, 1.05, 1.15, 1.2)
_WEEKDAYS = (0.8, 0.8, 0.85, 0.9, 1.1, 1.4, 1.3)
_OPENS, _CLOSES = 9, 22
_SHOP_HOURS = dict(zip(range(10, 22), (4, 6, 7, 6, 7, 8, 9, 9, 10, 10, 7, 3), strict=True))
_WEB_HOURS = dict(
    zip(range(8, 24), (3, 4, 5, 5, 8, 6, 5, 5, 5, 5, 5, 6, 9, 11, 9, 5), strict=True)
)


@dataclass(frozen=True)
class Calendar:
    """The days a sample covers, ending on the shop's today; ``now`` bounds today's hours."""

    now: datetime
    zone: ZoneInfo
    days: int
    flavour: Flavour

    @property
    def today(self) -> date:
        """The shop's calendar day."""
        return self.now.astimezone(self.zone).date()

    @property
    def end(self) -> float:
        """Where the window ends: today counts for as much as the shops have been open."""
        local = self.now.astimezone(self.zone)
        opened = (local.hour + local.minute / 60 - _OPENS) / (_CLOSES - _OPENS)
        return self.days + min(max(opened, 0.0), 1.0)

    def day(self, number: int) -> date:
        """Day ``number`` of the window; 0 is the first, ``days`` is today."""
        return self.today - timedelta(days=self.days - number)

    def trade(self, number: int) -> float:
        """How lively the day is; an ordinary one is about 1."""
        day = self.day(number)
        campaign = self.flavour.campaign_on(day)
        lift = campaign.lift if campaign else 1.0
        return _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * lift

    def liveliest(self) -> float:
        """The most that `trade` says on any day of the window."""
        return max(self.trade(number) for number in range(self.days + 1))

    def instant(self, dice: Random, number: int, *, online: bool) -> datetime:
        """A moment of a day when people shop, never later than now."""
        hours = _WEB_HOURS if online else _SHOP_HOURS
        hour = pick(dice, list(hours), list(hours.values()))
        day = self.day(number)
        local = datetime(
            day.year, day.month, day.day, hour, dice.randrange(60), dice.randrange(60),
            tzinfo=self.zone,
        )  # fmt: skip
        return min(local.astimezone(UTC), self.now - timedelta(minutes=dice.randrange(2, 90)))

    def number_of(self, at: datetime) -> int:
        """The day number of an instant."""
        return self.days - (self.today - at.astimezone(self.zone).date()).days


def pick(dice: Random, choices: Sequence[T], weights: Sequence[float]) -> T:
    """One of ``choices``, the heavier the likelier."""
    return dice.choices(choices, weights)[0]
