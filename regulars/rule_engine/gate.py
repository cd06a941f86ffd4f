"""Whether a message may leave now: asked in the transaction that sets it to "sending".

The same questions for everything that is sent. What was seen is kept with the message, so that
every message that was not sent has its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.ledger import consent_state
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.privacy.suppressions import suppressed_among
from regulars.rule_engine.book import active_rules, pinned_rule
from regulars.rule_engine.definition import Guards
from regulars.rule_engine.judging import Facts, Moment, Question, Spent, Verdict, in_json, judge
from regulars.rule_engine.people import zones_of
from regulars.rule_engine.policy_keeping import COUNTED, policy_of, spent_today
from regulars.rule_engine.tables import NO_RULE, outbound

PriceOf = Callable[[Any], tuple[int | None, int]]
"""A queued message -> its parts (None where that means nothing) and its cost."""


LONGEST_CAP = timedelta(days=370)
_NO_GUARDS = Guards()


class Gate:
    """Judges the messages of one transaction; what many of them need is asked once.

    ``price_of`` tells what a message would cost and in how many parts it would go.
    """

    def __init__(
        self, uow: UnitOfWork, rows: Sequence[Any], price_of: PriceOf | None = None
    ) -> None:
        self.uow = uow
        self.active = active_rules(uow)
        self.policy = policy_of(uow)
        self.price_of = price_of or _free
        _lock_people(uow, rows)
        self.consents = _consents(uow, rows)
        self.suppressed = suppressed_among(uow, [(row.channel, row.address) for row in rows])
        self.zones = zones_of(uow, rows) if self.policy.quiet_zone == "person" else {}
        self.spent = spent_today(uow, lock=True) if self.policy.has_budget else Spent()
        self._let_go = _sent_lately(uow, rows)

    def judge(self, row: Any) -> Verdict | None:
        """What to do with one queued message; None: leave it queued, its rule is paused."""
        if row.rule not in self.active and row.rule != NO_RULE:
            return None
        pinned = pinned_rule(self.uow, row.rule, row.rule_version)
        return self.decide(row, pinned.rule.guards if pinned else _NO_GUARDS)

    def decide(self, row: Any, guards: Guards) -> Verdict:
        """What to do with one message under a rule's guards, the rule being active."""
        if row.channel not in CHANNELS:
            return _to_a_program(row, self.uow.now)
        parts, cost = self.price_of(row)
        question = Question(row.purpose, row.channel, row.meant_at, row.expires_at, cost, parts)
        moment = Moment(self.uow.now, self.uow.workspace.tz, self.policy, self.spent)
        verdict = judge(question, self._facts(row), guards, moment)
        if verdict.action == "send":
            self._sent_to(row).append(self.uow.now)
            self.spent = Spent(self.spent.number + 1, self.spent.cost + question.cost)
        return verdict

    def _facts(self, row: Any) -> Facts:
        return Facts(
            self.consents.get((row.form, row.record, row.purpose, row.channel)),
            (row.channel, row.address) in self.suppressed,
            self._sent_to(row),
            self.zones.get((row.form, row.record)),
        )

    def _sent_to(self, row: Any) -> list[datetime]:
        """When this person got messages of this purpose, those let go just now included."""
        return self._let_go.setdefault((row.form, row.record, row.purpose), [])


def _free(_row: Any) -> tuple[int | None, int]:
    return None, 0


def _to_a_program(row: Any, now: datetime) -> Verdict:
    """No person is reached, so only its time counts."""
    if row.expires_at is not None and now > row.expires_at:
        return Verdict("suppress", {"code": "too-late", "meant_at": in_json(row.meant_at)})
    return Verdict("send")


def _lock_people(uow: UnitOfWork, rows: Iterable[Any]) -> None:
    """Whoever counts this person's messages waits for us, and we for them."""
    catalog = catalog_of(uow)
    people: dict[str, set[int]] = {}
    for row in rows:
        people.setdefault(row.form, set()).add(row.record)
    for form in sorted(people):
        if form in catalog.tables:
            table = catalog.tables[form].main
            uow.execute(
                sa.select(table.c.id)
                .where(table.c.id.in_(people[form]))
                .order_by(table.c.id)
                .with_for_update()
            ).all()


def _consents(uow: UnitOfWork, rows: Sequence[Any]) -> dict[tuple[str, int, str, str], bool]:
    """What these people have said; the answers stay as they are until the commit."""
    found = uow.execute(
        consent_state.select()
        .where(consent_state.c.record.in_({row.record for row in rows}))
        .order_by(consent_state.c.form, consent_state.c.record)
        .with_for_update(read=True)
    )
    return {(row.form, row.record, row.purpose, row.channel): row.granted for row in found}


def _sent_lately(
    uow: UnitOfWork, rows: Sequence[Any]
) -> dict[tuple[str, int, str], list[datetime]]:
    """When these people got messages, per purpose, as far back as a cap may look."""
    sent = uow.execute(
        sa.select(
            outbound.c.form, outbound.c.record, outbound.c.purpose, outbound.c.sending_at
        ).where(
            outbound.c.form.in_({row.form for row in rows}),
            outbound.c.record.in_({row.record for row in rows}),
            outbound.c.status.in_(COUNTED),
            outbound.c.channel.in_(CHANNELS),
            outbound.c.sending_at > uow.now - LONGEST_CAP,
        )
    )
    found: dict[tuple[str, int, str], list[datetime]] = {}
    for form, record, purpose, at in sent:
        found.setdefault((form, record, purpose), []).append(at)
    return found
