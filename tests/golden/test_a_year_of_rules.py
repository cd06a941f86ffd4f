"""Eleven rules look after a shop for a year; plain Python counts what they should have done."""

import heapq
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from regulars import wiring
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.db import Database, Workspace
from regulars.platform.tasks import service as tasks
from regulars.platform.tasks.tables import task
from regulars.rule_engine.replies import Reply, take_reply
from regulars.rule_engine.tables import event_failure, run
from tests.golden.year.by_hand import Clerk
from tests.golden.year.happenings import BEGIN, DAY, END, ZONE, Happening, a_year
from tests.golden.year.shop import FORMS, MESSAGES, RULES, WEEK
from tests.support.clocks import MovableClock
from tests.support.digests import join, results
from tests.support.rule_shop import SYSTEM, RuleShop

TOLD = {"no-consent", "consent-withdrawn"}


@dataclass
class Year:
    """Lives the year through in the product and in the clerk's books, moment by moment."""

    shop: RuleShop
    clock: MovableClock
    clerk: Clerk = field(default_factory=Clerk)
    people: dict[int, int] = field(default_factory=dict)
    orders: dict[int, int] = field(default_factory=dict)
    referrals: dict[int, int] = field(default_factory=dict)
    feedback: dict[int, int] = field(default_factory=dict)
    manners: dict[int, dict[str, Any]] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)

    def live(self, told: list[Happening]) -> None:
        moments = [each.at for each in told]
        later = [at + timedelta(hours=24) for at in moments]
        self.ahead = list(told)
        heapq.heapify(self.ahead)
        waiting = [*_mornings(), *moments, *later]
        heapq.heapify(waiting)
        now = None
        while waiting:
            at = heapq.heappop(waiting)
            if at == now or at > END:
                continue
            now = self.clock.now = at
            while self.ahead and self.ahead[0].at <= now:
                each = heapq.heappop(self.ahead)
                getattr(self, f"_{each.kind}")(each)
                self.clerk.hear(each)
            self.shop.tick()
            self.clerk.look(now)
            for answer in self._answers(now):
                heapq.heappush(self.ahead, answer)
                heapq.heappush(waiting, answer.at)

    def _answers(self, now: datetime) -> list[Happening]:
        """Some people answer to the first message, some days later."""
        if now.astimezone(ZONE).time() != time(10):
            return []
        found = []
        names = {record: who for who, record in self.people.items()}
        for message in self.shop.messages(message="win_back_1", status="sent"):
            manners = self.manners[names[message.record]]
            if message.id in self.answered:
                continue
            self.answered.add(message.id)
            if manners["answers"]:
                at = now + manners["patience"] * DAY + timedelta(hours=2, seconds=30)
                found.append(Happening(at, "reply", names[message.record]))
        return found

    def _join(self, told: Happening) -> None:
        self.manners[told.who] = told.data
        values = {"name": f"Person {told.who}", "birthday": told.data["birthday"]}
        self.people[told.who] = self.shop.customer(agrees=told.data["agrees"], **values)

    def _withdraw(self, told: Happening) -> None:
        self.shop.consent(self.people[told.who], "withdraw")

    def _order(self, told: Happening) -> None:
        made = self.shop.order(self.people[told.who], **told.data)
        self.orders[told.what] = made

    def _refund(self, told: Happening) -> None:
        self.shop.change("orders", self.orders[told.what], status="refunded")

    def _feedback(self, told: Happening) -> None:
        values = {"score": told.data["score"], "words": f"Word {told.what}"}
        made = self._create("feedback", customer=self.people[told.who], **values)
        self.feedback[told.what] = made

    def _mended(self, told: Happening) -> None:
        with self.shop.work() as uow:
            mine = uow.scalar(
                sa.select(task.c.id).where(
                    task.c.form == "feedback", task.c.record == self.feedback[told.what],
                    task.c.step == "s1",
                )
            )  # fmt: skip
            tasks.finish_task(uow, SYSTEM, mine)

    def _refer(self, told: Happening) -> None:
        who = {"referrer": self.people[told.data["referrer"]], "friend": self.people[told.who]}
        self.referrals[told.what] = self._create("referrals", **who)

    def _referral(self, told: Happening) -> None:
        self.shop.change("referrals", self.referrals[told.what], **told.data)

    def _reply(self, told: Happening) -> None:
        mobile = self.shop.read("customers", self.people[told.who])["mobile"]
        with self.shop.work() as uow:
            take_reply(uow, SYSTEM, Reply("sms", mobile, "Yes, next week!"))

    def _create(self, form: str, **values: Any) -> int:
        with self.shop.work() as uow:
            return create_record(uow, SYSTEM, form, values, origin=Origin("cli")).id


def _mornings() -> list[datetime]:
    days = (END - BEGIN).days + 1
    start = BEGIN.astimezone(ZONE)
    return [
        datetime.combine(start.date() + timedelta(days=n), time(10), tzinfo=ZONE)
        for n in range(days)
    ]


@pytest.fixture
def year(database: Database, workspace: Workspace, clock: MovableClock) -> Year:
    wiring.wire()
    clock.now = BEGIN
    shop = RuleShop(database, workspace)
    shop.publish(*FORMS)
    join(shop, 1)
    shop.publish(*MESSAGES, WEEK, *RULES)
    return Year(shop, clock)


@pytest.mark.one_database
def test_a_year_of_eleven_rules_is_what_a_clerk_counts_by_hand(year: Year) -> None:
    year.live(a_year())
    _compare(year)
    assert {each[0] for each in year.clerk.sent} == {each["key"] for each in MESSAGES}
    started = {each["key"] for each in RULES if each["class"] == "journey"}
    assert {each[0] for each in year.clerk.entered} == started


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_so_are_other_years_on_every_database(year: Year, seed: int) -> None:
    year.live(a_year(seed, people=24))
    _compare(year)


def _compare(year: Year) -> None:
    clerk, shop = year.clerk, year.shop
    assert _entered(year) == clerk.entered
    assert _sent(year) == clerk.sent
    assert _given(year) == clerk.given
    assert _asked(year) == clerk.asked
    assert _told(year) == clerk.told
    assert _kept(year) == {
        who: (person.tier, sorted(person.tags)) for who, person in clerk.people.items()
    }
    assert shop.count(event_failure) == 0
    assert shop.count(run, run.c.status.in_(("failed", "stuck"))) == 0


def _entered(year: Year) -> Counter[tuple[object, ...]]:
    whose = {"referral": year.referrals, "unhappy": year.feedback}
    names = {
        key: {record: number for number, record in known.items()} for key, known in whose.items()
    }
    people = {record: who for who, record in year.people.items()}
    return Counter(
        (each.rule, names.get(each.rule, people)[each.record], _day(each.entered_at))
        for each in year.shop.runs()
        if each.record
    )


def _told(year: Year) -> list[tuple[str, int, int]]:
    """Each Monday's report: the week it covers, its orders and its revenue."""
    return [
        (each.since, *(int(Decimal(re.sub("[^0-9.]", "", cell))) for cell in each.page["rows"][0]))
        for each in results(year.shop)
    ]


def _sent(year: Year) -> Counter[tuple[object, ...]]:
    people = {record: who for who, record in year.people.items()}
    return Counter(
        (each.message, people[each.record], each.status, _day(each.finished_at))
        for each in year.shop.messages()
        if each.status == "sent" or each.reason["code"] in TOLD
    )


def _given(year: Year) -> Counter[tuple[object, ...]]:
    people = {record: who for who, record in year.people.items()}
    with year.shop.work() as uow:
        table = catalog_of(uow).tables["coupons"].main
        return Counter(
            (each.source, people[each.customer], _day(each.issued_at))
            for each in uow.execute(table.select())
        )


def _asked(year: Year) -> Counter[tuple[object, ...]]:
    people = {record: who for who, record in year.people.items()}
    words = {record: number for number, record in year.feedback.items()}
    with year.shop.work() as uow:
        return Counter(
            (each.rule, each.step, (words if each.form == "feedback" else people)[each.record],
             _day(each.created_at))
            for each in uow.execute(task.select())
        )  # fmt: skip


def _kept(year: Year) -> dict[int, tuple[str, list[str]]]:
    found = {}
    for who, record in year.people.items():
        values = year.shop.read("customers", record)
        found[who] = (values["tier"], sorted(values["tags"] or []))
    return found


def _day(at: datetime) -> object:
    return at.astimezone(ZONE).date()
