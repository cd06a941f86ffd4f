"""The same year counted by hand: plain Python, no part of the product.

It goes from moment to moment and asks of everybody what a careful clerk with a note book would.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.golden.year.happenings import ZONE, Happening

HOUR = timedelta(hours=1)


@dataclass
class Order:
    number: int
    at: datetime
    amount: int
    status: str


@dataclass
class Person:
    birthday: date | None
    agrees: bool
    orders: list[Order] = field(default_factory=list)
    tier: str = "basic"
    tags: set[str] = field(default_factory=set)
    win_back: datetime | None = None  # since when one is under way
    heard: str = ""  # the message that an answer would belong to
    seen: set[tuple[str, object]] = field(default_factory=set)

    def paid(self) -> list[Order]:
        return [order for order in self.orders if order.status == "paid"]

    def last(self) -> Order | None:
        """The last paid order: what silence counts from."""
        return max(self.paid(), key=lambda order: order.at, default=None)

    def newest(self) -> Order:
        """The newest order of any kind: what makes a new round."""
        return max(self.orders, key=lambda order: order.at)


@dataclass
class Waiting:
    """Something to do later: at ``at``, ``what`` for ``who``."""

    at: datetime
    what: str
    who: int
    number: int = -1


class Clerk:
    """Keeps the books. ``entered``, ``sent``, ``given`` and ``asked`` count by local day."""

    def __init__(self) -> None:
        self.people: dict[int, Person] = {}
        self.later: list[Waiting] = []
        self.referrals: dict[int, tuple[int, int]] = {}
        self.mended: set[int] = set()
        self.entered: Counter[tuple[object, ...]] = Counter()
        self.sent: Counter[tuple[object, ...]] = Counter()
        self.given: Counter[tuple[object, ...]] = Counter()
        self.asked: Counter[tuple[object, ...]] = Counter()
        self.told: list[tuple[str, int, int]] = []  # Monday, orders and revenue of a week

    # -- what happens -----------------------------------------------------------------------

    def hear(self, told: Happening) -> None:
        getattr(self, f"_{told.kind}")(told)

    def _join(self, told: Happening) -> None:
        born = told.data["birthday"]
        self.people[told.who] = Person(
            date.fromisoformat(born) if born else None, bool(told.data["agrees"])
        )

    def _withdraw(self, told: Happening) -> None:
        person = self.people[told.who]
        if person.agrees:
            person.agrees, person.win_back = False, None
            kept = ("thanks", "thanks-sms", "diamond-sms", "birthday-sms")
            self.later = [w for w in self.later if w.who != told.who or w.what not in kept]

    def _order(self, told: Happening) -> None:
        person = self.people[told.who]
        person.orders.append(Order(told.what, told.at, told.data["amount"], told.data["status"]))
        if told.data["status"] != "paid":
            return
        person.win_back = None
        if len(person.paid()) == 1:
            self._enter("thanks", told.who, told.at)
            self.later.append(Waiting(told.at + 24 * HOUR, "thanks", told.who, told.what))

    def _refund(self, told: Happening) -> None:
        for order in self.people[told.who].orders:
            if order.number == told.what:
                order.status = "refunded"

    def _feedback(self, told: Happening) -> None:
        if told.data["score"] <= 2:
            self._enter("unhappy", told.what, told.at)
            self.asked["unhappy", "s1", told.what, _day(told.at)] += 1
            self.later.append(Waiting(told.at + 24 * HOUR, "louder", told.who, told.what))

    def _mended(self, told: Happening) -> None:
        self.mended.add(told.what)

    def _refer(self, told: Happening) -> None:
        self.referrals[told.what] = (told.data["referrer"], told.who)

    def _referral(self, told: Happening) -> None:
        if told.data["status"] == "succeeded":
            self._enter("referral", told.what, told.at)
            for who in self.referrals[told.what]:
                self.given["referral", who, _day(told.at)] += 1
            self.people[self.referrals[told.what][0]].tags.add("advocate")

    def _reply(self, told: Happening) -> None:
        person = self.people[told.who]
        if person.heard == "win_back_1":
            person.win_back = None

    # -- what the rules do at a moment --------------------------------------------------------

    def look(self, now: datetime) -> None:
        """First the clock, then tags and tiers, then what is due, then what tags have led to."""
        for who, person in self.people.items():
            self._tier(who, person, now)
        if (now.astimezone(ZONE).hour, now.astimezone(ZONE).minute) == (10, 0):
            for who, person in self.people.items():
                self._birthday(who, person, now)
                self._lapsed(who, person, now)
            if now.astimezone(ZONE).weekday() == 0:
                self._week(_day(now))
        asleep = [who for who, person in self.people.items() if self._tags(person, now)]
        due = [each for each in self.later if each.at <= now]
        self.later = [each for each in self.later if each.at > now]
        for each in due:
            self._do(each, now)
        for who, person in self.people.items():
            self._second(who, person, now)
        for who in asleep:
            self._wake(who, self.people[who], now)

    def _week(self, monday: date) -> None:
        """Last week's paid orders, as they stand by now."""
        first = monday - timedelta(days=7)
        amounts = [
            order.amount
            for person in self.people.values()
            for order in person.paid()
            if first <= _day(order.at) < monday
        ]
        self.told.append((first.isoformat(), len(amounts), sum(amounts)))

    def _tier(self, who: int, person: Person, now: datetime) -> None:
        spent = sum(order.amount for order in person.paid())
        tier = "diamond" if spent > 5000 else "gold" if spent >= 1500 else "basic"
        became, person.tier = tier != person.tier, tier
        if became and tier == "diamond" and ("diamond", 0) not in person.seen:
            person.seen.add(("diamond", 0))
            self._enter("diamond", who, now)
            self.given["tier", who, _day(now)] += 1
            self._send("diamond", who, now)

    def _tags(self, person: Person, now: datetime) -> bool:
        """Put tags on and take them off; whether the person has just fallen asleep."""
        today, last = _day(now), person.last()
        recent = [order for order in person.paid() if (today - _day(order.at)).days < 30]
        _set(person.tags, "often", len(recent) >= 4)
        was_asleep = "sleeping" in person.tags
        asleep = last is not None and (today - _day(last.at)).days >= 90
        _set(person.tags, "sleeping", asleep)
        return asleep and not was_asleep

    def _wake(self, who: int, person: Person, now: datetime) -> None:
        """Somebody is to call, unless a win-back is under way."""
        key = ("wake", person.newest().number)
        if person.win_back is None and key not in person.seen:
            person.seen.add(key)
            self._enter("wake", who, now)
            self.asked["wake", "s1", who, _day(now)] += 1

    def _birthday(self, who: int, person: Person, now: datetime) -> None:
        if person.birthday is None or person.tier not in ("gold", "diamond"):
            return
        today = _day(now)
        month, day = person.birthday.month, person.birthday.day
        if (month, day) == (2, 29):
            day = 28  # there is no other in 2025
        if (today.month, today.day) == (month, day):
            self._enter("birthday", who, now)
            self.given["birthday", who, today] += 1
            self._send("birthday", who, now)

    def _lapsed(self, who: int, person: Person, now: datetime) -> None:
        last = person.last()
        if last is None or (_day(now) - _day(last.at)).days < 30:
            return
        key = ("win_back", person.newest().number)
        if key in person.seen or person.win_back is not None:
            return
        person.seen.add(key)
        self._enter("win_back", who, now)
        person.win_back = now
        self._send("win_back_1", who, now)

    def _second(self, who: int, person: Person, now: datetime) -> None:
        if person.win_back is not None and now >= person.win_back + timedelta(days=7):
            person.win_back = None
            self._send("win_back_2", who, now)

    def _do(self, each: Waiting, now: datetime) -> None:
        if each.what == "thanks":
            order = next(o for o in self.people[each.who].orders if o.number == each.number)
            if order.status == "paid":
                self.given["thanks", each.who, _day(now)] += 1
                self._send("thanks", each.who, now)
        elif each.what == "louder":
            if each.number not in self.mended:
                self.asked["unhappy", "s3", each.number, _day(now)] += 1
        else:
            self._send(each.what.removesuffix("-sms"), each.who, now)

    # -- the note book --------------------------------------------------------------------------

    def _enter(self, rule: str, who: int, now: datetime) -> None:
        self.entered[rule, who, _day(now)] += 1

    def _send(self, message: str, who: int, now: datetime) -> None:
        person, local = self.people[who], now.astimezone(ZONE)
        if not person.agrees:
            self.sent[message, who, "suppressed", _day(now)] += 1
        elif local.hour >= 21 or local.hour < 10:
            morning = local.replace(hour=10, minute=0) + timedelta(days=local.hour >= 21)
            self.later.append(Waiting(morning, f"{message}-sms", who))
        else:
            self.sent[message, who, "sent", _day(now)] += 1
            person.heard = message


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def _set(tags: set[str], tag: str, on: bool) -> None:
    (tags.add if on else tags.discard)(tag)
