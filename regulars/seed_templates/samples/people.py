"""The customers of a sample: who they are, where they belong, how often they will come."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from regulars.seed_templates.samples.calendar import Calendar, pick
from regulars.seed_templates.samples.flavour import Flavour, Store
from regulars.seed_templates.samples.rows import dice

_WAYS = {"store": 55, "mini_program": 25, "phone": 6, "live": 6, "delivery": 8}
_AGES = {18: 6, 24: 22, 30: 26, 36: 20, 43: 14, 52: 9, 61: 4}


@dataclass(frozen=True)
class Crowd:
    """How many people and of what kind, as the pack's plan says.

    While they stay, people buy ``monthly_rate`` times a month on average, spread by a gamma of
    ``rate_shape``; each purchase is the last with a chance drawn from a beta of ``leave``.
    """

    customers: int
    never_bought: int
    monthly_rate: float
    rate_shape: float
    leave: tuple[float, float]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Crowd:
        """The numbers of ``plan.json``."""
        low, high = raw["leave"]
        return cls(
            int(raw["customers"]),
            int(raw["never_bought"]),
            float(raw["monthly_rate"]),
            float(raw["rate_shape"]),
            (float(low), float(high)),
        )


@dataclass(frozen=True)
class Person:
    """One customer; ``joined`` is a day number of the window, ``rate`` purchases a month."""

    index: int
    name: str
    gender: str
    birthday: date | None
    mobile: str | None
    email: str | None
    store: Store
    channel: str
    city: str
    joined: int
    rate: float
    leave: float
    buys: bool
    code: str | None
    note: str | None
    always_agrees: bool = False


def make_people(seed: int, crowd: Crowd, calendar: Calendar) -> list[Person]:
    """Everyone, in the order in which they joined."""
    roll = dice(seed, "people")
    days = _joining_days(roll, crowd.customers, calendar)
    quiet = set(roll.sample(range(crowd.customers // 4, crowd.customers), crowd.never_bought))
    phones = _phones(roll, calendar.flavour, crowd.customers)
    everyone = [
        _person(roll, (index, phones[index], index not in quiet), joined, calendar, crowd)
        for index, joined in enumerate(days)
    ]
    return _with_special_birthdays(everyone, calendar.today)


def _joining_days(roll: Random, count: int, calendar: Calendar) -> list[int]:
    """More people as the shop becomes known, more again when a store opens."""
    numbers = range(calendar.days + 1)
    openings = [each.opened * calendar.days for each in calendar.flavour.stores if each.opened]
    weights = [_arrivals(calendar, number, openings) for number in numbers]
    return sorted(roll.choices(numbers, weights, k=count))


def _arrivals(calendar: Calendar, number: int, openings: list[float]) -> float:
    known = 0.8 + 0.4 * number / calendar.days
    fresh = sum(1.2 for day in openings if 0 <= number - day < 21)
    first_weeks = 1.5 if number < 30 else 0.0
    return calendar.trade(number) * (known + fresh + first_weeks)


def _person(
    roll: Random, given: tuple[int, str, bool], joined: int, calendar: Calendar, crowd: Crowd
) -> Person:
    index, phone, buys = given
    flavour = calendar.flavour
    gender = pick(roll, ("female", "male"), (68, 32))
    store = _store(roll, joined, calendar)
    reachable = roll.random() < 0.95
    mailed = not reachable or roll.random() < 0.45
    return Person(
        index=index,
        name=_name(roll, flavour, gender),
        gender=gender if roll.random() < 0.9 else "other",
        birthday=_birthday(roll, calendar.today) if roll.random() < 0.74 else None,
        mobile=phone if reachable else None,
        email=f"guest{index + 1:04d}@{flavour.mail}" if mailed else None,
        store=store,
        channel="online" if store.online else pick(roll, list(_WAYS), list(_WAYS.values())),
        city=store.city or roll.choice(flavour.cities),
        joined=joined,
        rate=_rate(roll, crowd),
        leave=roll.betavariate(*crowd.leave),
        buys=buys,
        code=f"M{index + 10001}" if roll.random() < 0.6 else None,
        note=roll.choice(flavour.notes) if roll.random() < 0.06 else None,
    )


def _rate(roll: Random, crowd: Crowd) -> float:
    """Purchases a month: nobody is there every day, nobody stays away for years."""
    drawn = roll.gammavariate(crowd.rate_shape, crowd.monthly_rate / crowd.rate_shape)
    return min(max(drawn, 0.05), 6.0)


def _store(roll: Random, joined: int, calendar: Calendar) -> Store:
    """A store that is open on the day; a new one draws more at first."""
    share = joined / calendar.days
    open_now = [each for each in calendar.flavour.stores if each.opened <= share]
    weights = [
        each.weight * (2.0 if each.opened and share - each.opened < 0.1 else 1.0)
        for each in open_now
    ]
    return pick(roll, open_now, weights)


def _name(roll: Random, flavour: Flavour, gender: str) -> str:
    surname = pick(roll, list(flavour.surnames), list(flavour.surnames.values()))
    return flavour.person.format(surname=surname, given=roll.choice(flavour.given[gender]))


def _birthday(roll: Random, today: date) -> date:
    youngest = pick(roll, list(_AGES), list(_AGES.values()))
    return today - timedelta(days=round((youngest + 8 * roll.random()) * 365.2425))


def _phones(roll: Random, flavour: Flavour, count: int) -> list[str]:
    """Numbers from ranges that ring nowhere, each once."""
    numbers = roll.sample(range(10**flavour.phone_digits), count)
    return [f"{flavour.phone_start}{number:0{flavour.phone_digits}d}" for number in numbers]


def _with_special_birthdays(everyone: list[Person], today: date) -> list[Person]:
    """Somebody's birthday is today, somebody's tomorrow, somebody's on 29 February."""
    tomorrow = today + timedelta(days=1)
    leap = next(year for year in range(today.year - 30, today.year) if isleap(year))
    days = (_years_ago(today, 33), _years_ago(tomorrow, 41), date(leap, 2, 29))
    keen = sorted((p for p in everyone if p.buys and p.mobile), key=lambda p: -p.rate / p.leave)
    for person, day in zip(keen, days, strict=False):
        everyone[person.index] = replace(person, birthday=day, always_agrees=True)
    return everyone


def _years_ago(day: date, years: int) -> date:
    """The same day of an earlier year; 29 February becomes the 28th where there is none."""
    year = day.year - years
    last = 28 if day.month == 2 and not isleap(year) else 31
    return day.replace(year=year, day=min(day.day, last))
