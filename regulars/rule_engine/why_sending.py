"""What the gate would say of a message to one person, at the instant a transaction means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.formats import Formats
from regulars.platform.hold import find_hold
from regulars.platform.i18n import translate
from regulars.platform.privacy.purposes import needs_consent
from regulars.platform.privacy.suppressions import suppressed_among
from regulars.rule_engine.definition import Guards
from regulars.rule_engine.judging import Facts, Moment, Question, judge, used_of
from regulars.rule_engine.past_sight import said_then
from regulars.rule_engine.past_states import was_stopped
from regulars.rule_engine.people import Person
from regulars.rule_engine.policy_keeping import COUNTED, policy_of
from regulars.rule_engine.tables import outbound

Told = tuple[str, bool | None, dict[str, Any]]


class GateQuestions:
    """The questions that `judging.judge` asks when a message leaves, asked beforehand."""

    def __init__(
        self, uow: UnitOfWork, guards: Guards, purpose: str, formats: Formats, *,
        is_past: bool = False,
    ) -> None:  # fmt: skip
        self.is_past = is_past
        self.uow = uow
        self.guards = guards
        self.purpose = purpose
        self.formats = formats

    def about(self, person: Person, channel: str) -> Iterator[Told]:
        """(code, whether it is well, params) of each question about this channel."""
        words = {"channel": translate(f"rules.channel.{channel}", self.formats.locale)}
        facts = self._facts(person, channel)
        agreed = facts.said is True or (facts.said is None and not needs_consent(self.purpose))
        yield ("consent" if agreed else "no-consent", agreed, words)
        if person.address(channel) is None:
            yield "no-address", False, words
        if self.guards.cap is not None:
            yield self._cap(facts)
        verdict = judge(
            Question(self.purpose, channel, self.uow.now), facts, self.guards, self._moment()
        )
        if verdict.reason and verdict.reason["code"] not in _SAID:
            params = {k: v for k, v in verdict.reason.items() if k != "code"}
            code, locale = verdict.reason["code"], self.formats.locale
            why = translate(f"messages.reason.{code}", locale, **params)
            later = verdict.action == "later"
            at = self.formats.datetime(verdict.at) if verdict.at else ""
            yield ("later" if later else "held", None if later else False, {"why": why, "at": at})
        if self.is_past and was_stopped(self.uow, self.uow.now):
            yield "brake-then", False, {}
        elif not self.is_past and find_hold(self.uow) is not None:
            yield "brake", False, {}

    def _cap(self, facts: Facts) -> Told:
        cap = self.guards.cap
        assert cap is not None
        used = used_of(cap, facts, self._moment())
        told = {"used": used, "most": cap.n, "days": cap.days}
        return ("cap" if used < cap.n else "cap-reached", used < cap.n, told)

    def _facts(self, person: Person, channel: str) -> Facts:
        about = (person.form.key, person.record, self.purpose, channel)
        address = person.address(channel)
        sent = self.uow.execute(
            sa.select(outbound.c.sending_at).where(
                outbound.c.form == person.form.key, outbound.c.record == person.record,
                outbound.c.purpose == self.purpose, outbound.c.status.in_(COUNTED),
                outbound.c.sending_at <= self.uow.now,
            )
        ).scalars()  # fmt: skip
        by = self.uow.now if self.is_past else None
        barred = bool(suppressed_among(self.uow, [(channel, address)], by))
        return Facts(said_then(self.uow, about, self.uow.now), barred, tuple(sent))

    def _moment(self) -> Moment:
        return Moment(self.uow.now, self.uow.workspace.tz, policy_of(self.uow))


_SAID = ("no-consent", "consent-withdrawn", "frequency-cap")
