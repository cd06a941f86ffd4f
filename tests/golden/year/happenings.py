"""What happened in that year: always the same for the same seed.

Everything happens between half past ten and half past nine in the evening, each at a minute of its
own, so that nothing meets the moment at which the shop's rules look around (10:00).
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2025, 1, 1, 0, 1, tzinfo=ZONE).astimezone(UTC)
END = datetime(2025, 12, 31, 23, 59, tzinfo=ZONE).astimezone(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Happening:
    """One thing that happened. ``who`` numbers a customer, ``what`` an order, referral or word."""

    at: datetime
    kind: str
    who: int = -1
    what: int = -1
    data: dict[str, Any] = field(default_factory=dict, compare=False)


def a_year(seed: int = 11, people: int = 12) -> list[Happening]:
    """All happenings, oldest first."""
    maker = _Maker(random.Random(seed))
    for who in range(people):
        maker.person(who)
    maker.referrals(people)
    return sorted(each for each in maker.told if each.at < END)


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.told: list[Happening] = []
        self.used: set[datetime] = set()
        self.numbers = {"order": 0, "referral": 0, "feedback": 0}

    def tell(self, at: datetime, kind: str, who: int = -1, what: int = -1, **data: Any) -> None:
        self.told.append(Happening(at, kind, who, what, data))

    def moment(self, day: datetime) -> datetime:
        """A minute of that day that nothing else happened in."""
        start = day.astimezone(ZONE).replace(hour=10, minute=30, second=0, microsecond=0)
        while True:
            found = (start + timedelta(minutes=self.dice.randrange(1, 660))).astimezone(UTC)
            if found not in self.used:
                self.used.add(found)
                return found

    def person(self, who: int) -> None:
        dice = self.dice
        joined = self.moment(BEGIN + dice.randrange(200) * DAY)
        born = (
            None if who % 6 == 5 else f"19{dice.randrange(60, 99)}-{dice.randrange(1, 13):02}-15"
        )
        self.tell(
            joined, "join", who,
            birthday="1996-02-29" if who == 0 else born,
            agrees=dice.random() < 0.8,
            answers=dice.random() < 0.3,
            patience=dice.randrange(1, 9),
        )  # fmt: skip
        pace = dice.choice((6, 15, 30, 60))
        when = joined + timedelta(days=dice.expovariate(1 / 4) + 1)
        while when < END:
            self.order(who, when)
            when += timedelta(days=dice.expovariate(1 / pace) + 0.3)
        if dice.random() < 0.15:
            self.tell(self.moment(joined + dice.randrange(60, 160) * DAY), "withdraw", who)

    def order(self, who: int, when: datetime) -> None:
        dice, number = self.dice, self.numbers["order"]
        self.numbers["order"] += 1
        at, paid = self.moment(when), dice.random() > 0.07
        amount = dice.randrange(40, 700)
        self.tell(at, "order", who, number, amount=amount, status="paid" if paid else "open")
        if paid and dice.random() < 0.08:
            self.tell(self.moment(at + dice.choice((1, 3)) * DAY), "refund", who, number)
        if dice.random() < 0.12:
            self.feedback(who, at)

    def feedback(self, who: int, after: datetime) -> None:
        number, score = self.numbers["feedback"], self.dice.randrange(1, 6)
        self.numbers["feedback"] += 1
        at = self.moment(after + DAY)
        self.tell(at, "feedback", who, number, score=score)
        if score <= 2 and self.dice.random() < 0.7:
            self.tell(self.moment(at + self.dice.choice((1, 2)) * DAY), "mended", who, number)

    def referrals(self, people: int) -> None:
        for number in range(6):
            friend = self.dice.randrange(1, people)
            joined = next(e.at for e in self.told if (e.kind, e.who) == ("join", friend))
            known = [e.who for e in self.told if e.kind == "join" and e.at < joined]
            if not known:
                continue
            at = self.moment(joined + DAY)
            self.tell(at, "refer", friend, number, referrer=self.dice.choice(known))
            ends = self.dice.choice(("succeeded", "succeeded", "expired"))
            self.tell(self.moment(at + 5 * DAY), "referral", friend, number, status=ends)
