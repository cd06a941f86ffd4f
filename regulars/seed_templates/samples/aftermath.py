"""What follows a purchase or comes without one: refunds, returned goods, visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from regulars.seed_templates.samples.baskets import Line
from regulars.seed_templates.samples.calendar import Calendar, pick
from regulars.seed_templates.samples.flavour import Store
from regulars.seed_templates.samples.people import Person
from regulars.seed_templates.samples.rows import dice
from regulars.seed_templates.samples.trade import Purchase

_REASONS = {"quality": 30, "size": 12, "changed_mind": 34, "wrong_item": 9, "other": 15}
_STATUSES = {"paid": 955, "refunded": 25, "void": 20}
_PENDING_HOURS = 30  # only a very fresh order of a web shop still waits for its payment


@dataclass(frozen=True)
class Return:
    """Part of an order brought back; ``order`` is the order's place in the list of purchases."""

    order: int
    at: datetime
    reason: str
    line: Line
    quantity: int
    note: str | None


@dataclass(frozen=True)
class Visit:
    """Somebody in the shop; ``purpose`` as in the form's options."""

    person: Person
    store: Store
    at: datetime
    purpose: str


def make_statuses(seed: int, purchases: list[Purchase], calendar: Calendar) -> list[str]:
    """Whether each order is paid, refunded, void, or still waiting for the money.

    First orders always go through, so that every buyer has bought.
    """
    roll = dice(seed, "statuses")
    fresh = calendar.now - timedelta(hours=_PENDING_HOURS)
    statuses = []
    for purchase in purchases:
        drawn = pick(roll, list(_STATUSES), list(_STATUSES.values()))
        waits = purchase.store.online and purchase.at > fresh and roll.random() < 0.35
        statuses.append("paid" if purchase.nth == 1 else "pending" if waits else drawn)
    return statuses


def make_returns(
    seed: int, purchases: list[Purchase], baskets: list[list[Line]], calendar: Calendar
) -> list[Return]:
    """Goods that came back within a fortnight, oldest first."""
    roll = dice(seed, "returns")
    found = []
    for place, purchase in enumerate(purchases):
        at = purchase.at + timedelta(days=roll.uniform(1, 14))
        if roll.random() > (0.05 if purchase.store.online else 0.022) or at > calendar.now:
            continue
        line = roll.choice(baskets[place])
        reason = pick(roll, list(_REASONS), list(_REASONS.values()))
        note = roll.choice(calendar.flavour.return_notes) or None
        found.append(Return(place, at, reason, line, roll.randint(1, line.quantity), note))
    return sorted(found, key=lambda each: (each.at, each.order))


def make_visits(seed: int, purchases: list[Purchase], calendar: Calendar) -> list[Visit]:
    """Who was seen in a shop: some when they bought, some only to look."""
    roll = dice(seed, "visits")
    found = []
    for purchase in purchases:
        if purchase.store.online:
            continue
        if roll.random() < 0.16:
            found.append(Visit(purchase.person, purchase.store, purchase.at, "buy"))
        if roll.random() < 0.11:
            found.append(_look_around(roll, purchase, calendar))
    return sorted(found, key=lambda visit: (visit.at, visit.person.index))


def _look_around(roll: Random, purchase: Purchase, calendar: Calendar) -> Visit:
    day = calendar.number_of(purchase.at) + roll.randrange(2, 40)
    at = calendar.instant(roll, min(day, calendar.days), online=False)
    purposes = {"browse": 60, "pickup": 15, "service": 15, "event": 10}
    purpose = pick(roll, list(purposes), list(purposes.values()))
    return Visit(purchase.person, purchase.store, at, purpose)
