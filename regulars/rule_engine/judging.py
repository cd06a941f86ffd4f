"""May a message leave now? One pure question, asked of what is known about the person.

The sender asks it in the transaction that sets a message to "sending" (`gate`); a simulation or an
explanation asks the very same with facts of another moment, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.platform.privacy.purposes import needs_consent
from regulars.rule_engine.definition import Cap, Guards
from regulars.rule_engine.durations import Length, at_local
from regulars.rule_engine.policy import SendingPolicy, cost_text
from regulars.rule_engine.quiet import QuietHours, is_quiet, window_opens
from regulars.rule_engine.sms_parts import MOST_PARTS


@dataclass(frozen=True)
class Question:
    """A message that wants to leave. ``cost`` is what it would cost (`policy.COST_UNIT`).

    ``parts`` are those of a short message.
    """

    purpose: str
    channel: str
    meant_at: datetime
    expires_at: datetime | None = None
    cost: int = 0
    parts: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of the person. ``said``: True and False as they said, None when never asked.

    ``sent_at``: when messages of this purpose left to them, as far back as a cap may look.
    """

    said: bool | None = None
    is_suppressed: bool = False
    sent_at: Sequence[datetime] = ()
    zone: ZoneInfo | None = None  # theirs; None: the shop's


@dataclass(frozen=True)
class Spent:
    """What has left the house since the shop's midnight."""

    number: int = 0
    cost: int = 0


@dataclass(frozen=True)
class Moment:
    """When, and under which decisions of the shop, the question is asked."""

    now: datetime
    zone: ZoneInfo
    policy: SendingPolicy = field(default_factory=SendingPolicy)
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True)
class Verdict:
    """``send``, ``later`` (then ``at``), or ``suppress``; ``reason`` for all but send."""

    action: str
    reason: dict[str, Any] | None = None
    at: datetime | None = None
    seen: dict[str, Any] = field(default_factory=dict)


def judge(question: Question, facts: Facts, guards: Guards, moment: Moment) -> Verdict:
    """What to do with one message to a person, its rule being active."""
    return (
        _expired(question, moment)
        or _refused(question, facts)
        or _overgrown(question)
        or _quiet(question, facts, guards, moment)
        or _capped(question, facts, guards, moment)
        or _budget(question, moment)
        or Verdict("send", seen=_seen(question, facts, guards, moment))
    )


def _expired(question: Question, moment: Moment) -> Verdict | None:
    if question.expires_at is None or moment.now <= question.expires_at:
        return None
    return Verdict("suppress", {"code": "too-late", "meant_at": in_json(question.meant_at)})


def _refused(question: Question, facts: Facts) -> Verdict | None:
    seen = {"purpose": question.purpose, "channel": question.channel}
    if facts.said is False:
        return Verdict("suppress", {"code": "consent-withdrawn", **seen})
    if facts.said is None and needs_consent(question.purpose):
        return Verdict("suppress", {"code": "no-consent", **seen})
    if facts.is_suppressed:
        return Verdict("suppress", {"code": "on-suppression-list"})
    return None


def _overgrown(question: Question) -> Verdict | None:
    if question.parts is None or question.parts <= MOST_PARTS:
        return None
    told = {"code": "too-many-parts", "n": question.parts, "most": MOST_PARTS}
    return Verdict("suppress", told)


def _quiet(question: Question, facts: Facts, guards: Guards, moment: Moment) -> Verdict | None:
    zone = moment.zone
    if moment.policy.quiet_zone == "person" and facts.zone is not None:
        zone = facts.zone
    for hours in _hours(question, guards, moment):
        if is_quiet(hours, moment.now, zone):
            return _held(question, hours, guards, moment.now, zone)
    return None


def _hours(question: Question, guards: Guards, moment: Moment) -> Iterator[QuietHours]:
    """The rule's own hours; the shop's are for whatever needs consent."""
    if guards.quiet_hours is not None:
        yield guards.quiet_hours
    if moment.policy.quiet_hours is not None and needs_consent(question.purpose):
        yield moment.policy.quiet_hours


def _held(
    question: Question, hours: QuietHours, guards: Guards, now: datetime, zone: ZoneInfo
) -> Verdict:
    until = window_opens(hours, now, zone)
    told = {"code": "quiet-hours", "from": f"{hours[0]:%H:%M}", "to": f"{hours[1]:%H:%M}"}
    if guards.on_quiet == "skip":
        return Verdict("suppress", told)
    if question.expires_at is not None and until > question.expires_at:
        return Verdict("suppress", {**told, "code": "too-late-after-quiet-hours"})
    return Verdict("later", told, until)


def _capped(question: Question, facts: Facts, guards: Guards, moment: Moment) -> Verdict | None:
    for cap, code in (
        (guards.cap, "frequency-cap"),
        (moment.policy.caps.get(question.purpose), "shop-cap"),
    ):
        used = 0 if cap is None else used_of(cap, facts, moment)
        if cap is not None and used >= cap.n:
            told = {"code": code, "n": cap.n, "days": cap.days, "used": used}
            return Verdict("suppress", told)
    return None


def used_of(cap: Cap, facts: Facts, moment: Moment) -> int:
    """How many messages of this purpose count for a cap at this moment."""
    since = Length(cap.days, "day").before(moment.now, moment.zone)
    return sum(1 for at in facts.sent_at if at > since)


def _budget(question: Question, moment: Moment) -> Verdict | None:
    policy, spent = moment.policy, moment.spent
    told: dict[str, Any] = {}
    if policy.day_number is not None and spent.number >= policy.day_number:
        told = {"code": "day-number", "n": policy.day_number}
    elif (
        policy.day_cost is not None
        and question.cost
        and spent.cost + question.cost > policy.day_cost
    ):
        told = {"code": "day-cost", "amount": cost_text(policy.day_cost)}
    if not told:
        return None
    tomorrow = start_of_day(moment.now, moment.zone, 1)
    if question.expires_at is not None and tomorrow > question.expires_at:
        return Verdict("suppress", {**told, "code": f"{told['code']}-too-late"})
    return Verdict("later", told, tomorrow)


def _seen(question: Question, facts: Facts, guards: Guards, moment: Moment) -> dict[str, Any]:
    cap = guards.cap
    return {
        "consent": facts.said, "needs_consent": needs_consent(question.purpose),
        "cap": None if cap is None else {"n": cap.n, "days": cap.days},
        "now": in_json(moment.now),
    }  # fmt: skip


def start_of_day(now: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """The shop's midnight before ``now``, or so many days after it."""
    day = now.astimezone(zone).date() + timedelta(days=days)
    return at_local(datetime.combine(day, time()), zone)


def in_json(instant: datetime) -> str:
    """An instant as it is kept in a decision."""
    return instant.isoformat().replace("+00:00", "Z")
