"""Who buys when: each person's purchases, from the first to the last they will make."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from regulars.seed_templates.samples.calendar import Calendar, pick
from regulars.seed_templates.samples.flavour import Store
from regulars.seed_templates.samples.people import Person
from regulars.seed_templates.samples.rows import dice

DAYS_A_MONTH = 365.2425 / 12
_STAYS_NEAR = 0.86  # share of purchases made in one's own store
_SHOP_CHANNELS = {"store": 80, "mini_program": 12, "delivery": 8}
_WEB_CHANNELS = {"online": 62, "mini_program": 28, "live": 10}


@dataclass(frozen=True)
class Purchase:
    """One order to come; ``nth`` counts the person's purchases from 1."""

    person: Person
    nth: int
    at: datetime
    store: Store
    channel: str
    campaign: str | None


def make_purchases(seed: int, people: list[Person], calendar: Calendar) -> list[Purchase]:
    """Every purchase of everyone, oldest first."""
    roll = dice(seed, "trade")
    busiest = calendar.liveliest()
    found = [
        _purchase(roll, person, day, calendar)
        for person in people
        if person.buys
        for day in _days(roll, person, calendar, busiest)
    ]
    return _counted(sorted(found, key=lambda each: (each.at, each.person.index)))


def _counted(purchases: list[Purchase]) -> list[Purchase]:
    """Numbered per person in order of time; two on one day may have changed places."""
    seen: Counter[int] = Counter()
    counted = []
    for purchase in purchases:
        seen[purchase.person.index] += 1
        counted.append(replace(purchase, nth=seen[purchase.person.index]))
    return counted


def _days(roll: Random, person: Person, calendar: Calendar, busiest: float) -> list[int]:
    """The days on which a person buys: the first soon after joining, then at their own pace.

    The pace is a Poisson process thinned by how lively each day is; after every purchase the
    person may be gone for good. A person who splits one shopping trip over two receipts is rare.
    """
    first = person.joined + (0 if roll.random() < 0.82 else roll.randrange(1, 16))
    if first > calendar.days:
        first = person.joined
    days, moment = [first], first + 0.5
    while roll.random() > person.leave:
        moment = _next(roll, person, moment, calendar, busiest)
        if moment >= calendar.end:
            break
        days.append(int(moment))
    return days


def _next(
    roll: Random, person: Person, moment: float, calendar: Calendar, busiest: float
) -> float:
    while True:
        moment += roll.expovariate(person.rate * busiest) * DAYS_A_MONTH
        if moment >= calendar.end or roll.random() * busiest < calendar.trade(int(moment)):
            return moment


def _purchase(roll: Random, person: Person, day: int, calendar: Calendar) -> Purchase:
    store = person.store
    if day > person.joined and roll.random() > _STAYS_NEAR:
        share = day / calendar.days
        store = roll.choice([each for each in calendar.flavour.stores if each.opened <= share])
    ways = _WEB_CHANNELS if store.online else _SHOP_CHANNELS
    campaign = calendar.flavour.campaign_on(calendar.day(day))
    return Purchase(
        person,
        1,
        calendar.instant(roll, day, online=store.online),
        store,
        pick(roll, list(ways), list(ways.values())),
        campaign.name if campaign and roll.random() < 0.7 else None,
    )
