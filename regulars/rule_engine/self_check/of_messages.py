"""Messages: one per key and in a known state (I4), let go only with consent and within the cap
(I5), and never kept back without saying why (I12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.privacy.consent_follower import SOURCE_MERGE, SOURCE_UNDO
from regulars.platform.privacy.ledger import consent_entry
from regulars.platform.privacy.purposes import CHANNELS, SERVICE
from regulars.rule_engine.durations import Length
from regulars.rule_engine.following import NOBODY
from regulars.rule_engine.policy_keeping import COUNTED
from regulars.rule_engine.self_check.breaches import SLACK, Asked, Look
from regulars.rule_engine.tables import outbound, run

WAITING = ("queued", "sending")
ENDED = ("sent", "failed", "unknown", "suppressed", "withheld")
NOT_SENT = ("failed", "unknown", "suppressed", "withheld")
NEWEST = 50_000  # messages whose cap is counted again
_TO_PEOPLE = sa.and_(outbound.c.channel.in_(CHANNELS), outbound.c.record != NOBODY)


def key_twice(asked: Asked) -> list[int]:
    """Two messages under one idempotency key."""
    return asked.numbers(
        sa.select(sa.func.max(outbound.c.id))
        .group_by(outbound.c.idempotency_key)
        .having(sa.func.count() > 1)
    )


def impossible_state(asked: Asked) -> list[int]:
    """An unknown status, or one that its instants and its lease belie."""
    status = outbound.c.status
    return asked.numbers(
        sa.select(outbound.c.id).where(
            sa.or_(
                status.not_in((*WAITING, *ENDED)),
                sa.and_(status == "sending", outbound.c.sending_at.is_(None)),
                sa.and_(status.in_(("sent", "unknown")), outbound.c.sending_at.is_(None)),
                sa.and_(status.in_(WAITING), outbound.c.finished_at.is_not(None)),
                sa.and_(status.in_(ENDED), outbound.c.token.is_not(None)),
            )
        )
    )


def unjudged(asked: Asked) -> list[int]:
    """A message to a person that left without the gate having seen their consent."""
    said = sa.type_coerce(outbound.c.decision, sa.Text())
    agreed = sa.or_(outbound.c.purpose == SERVICE, said.contains('"consent":true'))
    return asked.numbers(
        sa.select(outbound.c.id).where(
            _TO_PEOPLE,
            outbound.c.status.in_(COUNTED),
            sa.or_(outbound.c.decision.is_(None), ~agreed),
        )
    )


def against_the_ledger(asked: Asked) -> list[int]:
    """A message that left though the ledger's last word before it was a refusal.

    People who were merged are left out: what one of them had refused the other may have allowed.
    """
    same = (
        consent_entry.c.form == outbound.c.form,
        consent_entry.c.record == outbound.c.record,
    )
    before = sa.and_(
        *same,
        consent_entry.c.purpose == outbound.c.purpose,
        consent_entry.c.channel == outbound.c.channel,
        consent_entry.c.recorded_at < outbound.c.sending_at,
    )
    last = (
        sa.select(sa.func.max(consent_entry.c.id))
        .where(before)
        .correlate(outbound)
        .scalar_subquery()
    )
    word = consent_entry.alias("word")
    merged = sa.exists().where(*same, consent_entry.c.source.in_((SOURCE_MERGE, SOURCE_UNDO)))
    rows = asked.uow.execute(
        sa.select(outbound.c.id, outbound.c.sending_at, word.c.recorded_at)
        .select_from(outbound.join(word, word.c.id == last))
        .where(_TO_PEOPLE, outbound.c.status.in_(COUNTED), word.c.action == "withdraw", ~merged)
    )
    return [row.id for row in rows if row.recorded_at < row.sending_at - SLACK]


def over_the_cap(asked: Asked) -> Iterator[int]:
    """A message that left though the person had had as many as the rule's cap allows."""
    said = sa.type_coerce(outbound.c.decision, sa.Text())
    capped = said.contains('"cap":{')
    newest = asked.uow.execute(
        sa.select(
            outbound.c.id, outbound.c.form, outbound.c.record, outbound.c.purpose,
            outbound.c.sending_at, outbound.c.decision,
        )
        .where(_TO_PEOPLE, outbound.c.status.in_(COUNTED), capped)
        .order_by(outbound.c.id.desc())
        .limit(NEWEST)
    ).all()  # fmt: skip
    for row in newest:
        cap = row.decision["cap"]
        since = Length(cap["days"], "day").before(row.sending_at, asked.uow.workspace.tz)
        if _sent_before(asked, row, since) >= cap["n"]:
            yield row.id


def _sent_before(asked: Asked, row: sa.Row[tuple[object, ...]], since: datetime) -> int:
    counted = sa.select(sa.func.count()).where(
        outbound.c.form == row.form,
        outbound.c.record == row.record,
        outbound.c.purpose == row.purpose,
        outbound.c.channel.in_(CHANNELS),
        outbound.c.status.in_(COUNTED),
        outbound.c.sending_at > sa.literal(since, columns.Instant()),
        outbound.c.sending_at < row.sending_at,
    )
    return int(asked.uow.scalar(counted))


def without_reason(asked: Asked) -> list[int]:
    """A message that was not sent, and nobody can say why."""
    return asked.numbers(
        sa.select(outbound.c.id).where(
            outbound.c.status.in_(NOT_SENT), outbound.c.reason.is_(None)
        )
    )


def run_without_reason(asked: Asked) -> list[int]:
    """A run that did not come to its end, and nobody can say why."""
    return asked.numbers(
        sa.select(run.c.id).where(
            run.c.status.in_(("failed", "skipped", "stuck")),
            run.c.reason.is_(None),
        )
    )


LOOKS = (
    Look("I4", "key-twice", key_twice),
    Look("I4", "impossible-state", impossible_state),
    Look("I5", "unjudged", unjudged),
    Look("I5", "against-the-ledger", against_the_ledger),
    Look("I5", "over-the-cap", over_the_cap),
    Look("I12", "without-reason", without_reason),
    Look("I12", "run-without-reason", run_without_reason),
)
