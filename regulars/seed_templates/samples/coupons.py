"""Coupons in a sample: given after the first order and on birthdays, used on a later order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from regulars.seed_templates.samples.calendar import Calendar
from regulars.seed_templates.samples.people import Person
from regulars.seed_templates.samples.rows import dice
from regulars.seed_templates.samples.trade import Purchase

THANKS, BIRTHDAY = "thanks", "birthday"
_PERCENT = {THANKS: 10, BIRTHDAY: 15}
_VALID_DAYS = {THANKS: 30, BIRTHDAY: 30}
_SINCE_DAYS = 210  # the shop began to hand out coupons about seven months ago
_READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Coupon:
    """One coupon; ``used_on`` is the place of its order in the list of purchases."""

    code: str
    person: Person
    source: str
    percent: int
    issued_at: datetime
    expires_at: datetime
    used_on: int | None


def make_coupons(seed: int, purchases: list[Purchase], calendar: Calendar) -> list[Coupon]:
    """Every coupon in order of issue; each order takes at most one."""
    roll = dice(seed, "coupons")
    by_person = _places(purchases)
    taken: set[int] = set()
    codes: set[str] = set()
    coupons = []
    for person, source, issued_at in sorted(_occasions(roll, purchases, calendar), key=_issue):
        expires_at = issued_at + timedelta(days=_VALID_DAYS[source])
        window = (issued_at, expires_at)
        used_on = _use(roll, by_person[person.index], purchases, window, taken)
        code = _code(roll, codes)
        coupons.append(
            Coupon(code, person, source, _PERCENT[source], issued_at, expires_at, used_on)
        )
    return coupons


def _issue(occasion: tuple[Person, str, datetime]) -> tuple[datetime, int]:
    return occasion[2], occasion[0].index


def _places(purchases: list[Purchase]) -> dict[int, list[int]]:
    """The places of each person's purchases, oldest first."""
    found: dict[int, list[int]] = {}
    for place, purchase in enumerate(purchases):
        found.setdefault(purchase.person.index, []).append(place)
    return found


def _occasions(
    roll: Random, purchases: list[Purchase], calendar: Calendar
) -> list[tuple[Person, str, datetime]]:
    since = calendar.now - timedelta(days=_SINCE_DAYS)
    found = []
    for purchase in purchases:
        if purchase.nth != 1:
            continue
        a_day_later = purchase.at + timedelta(hours=24)
        if since < a_day_later < calendar.now and roll.random() < 0.72:
            found.append((purchase.person, THANKS, a_day_later))
        wished = _birthday_morning(purchase.person, calendar)
        if wished and max(since, purchase.at) < wished < calendar.now and roll.random() < 0.8:
            found.append((purchase.person, BIRTHDAY, wished))
    return found


def _birthday_morning(person: Person, calendar: Calendar) -> datetime | None:
    """The latest birthday before today, at ten in the morning."""
    born, today = person.birthday, calendar.today
    if born is None:
        return None
    for year in (today.year, today.year - 1):
        leap_day = (born.month, born.day) == (2, 29)
        day = date(year, 2, 28) if leap_day else born.replace(year=year)
        if day < today:
            return datetime(day.year, day.month, day.day, 10, tzinfo=calendar.zone)
    return None


def _use(
    roll: Random,
    places: list[int],
    purchases: list[Purchase],
    window: tuple[datetime, datetime],
    taken: set[int],
) -> int | None:
    """The order on which the coupon is redeemed, if the person comes back in time."""
    for place in places:
        at = purchases[place].at
        if window[0] < at < window[1] and place not in taken and roll.random() < 0.75:
            taken.add(place)
            return place
    return None


def _code(roll: Random, known: set[str]) -> str:
    while True:
        code = "".join(roll.choices(_READABLE, k=8))
        if code not in known:
            known.add(code)
            return code
