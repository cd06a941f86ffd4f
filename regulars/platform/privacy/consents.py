"""Consent of people, per purpose and channel: who said what, when, where, and what holds now.

A consent belongs to a record of a form that holds people. The ledger keeps every word; the state
is the word with the latest ``at``. A grant needs evidence; without it there is no consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.events import Event, record_events
from regulars.platform.inserting import upsert
from regulars.platform.privacy.ledger import append, consent_entry, consent_state
from regulars.platform.privacy.purposes import CHANNELS, is_purpose
from regulars.platform.problems import Problem

Action = Literal["grant", "withdraw"]
PersonKey = tuple[str, int, str, str]  # form, record, purpose, channel
_STATE_COLUMNS = ("form", "record", "purpose", "channel", "granted", "at")


@dataclass(frozen=True)
class ConsentChange:
    """One thing a person said. ``at`` is when they said it (default: now)."""

    form: str
    record: int
    purpose: str
    channel: str
    action: Action
    source: str
    evidence: str | None = None
    text_version: str | None = None
    at: datetime | None = None

    @property
    def key(self) -> PersonKey:
        """Whose word about what."""
        return (self.form, self.record, self.purpose, self.channel)


@dataclass(frozen=True)
class ConsentState:
    """What holds now for one purpose and channel, and since when."""

    purpose: str
    channel: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class ConsentEntry:
    """One line of the ledger, as people read it."""

    id: int
    purpose: str
    channel: str
    action: Action
    source: str
    evidence: str | None
    actor: str
    at: datetime
    recorded_at: datetime


def set_consent(uow: UnitOfWork, access: Access, change: ConsentChange) -> ConsentState:
    """Record what one person said; raises Invalid with every problem."""
    set_consents_bulk(uow, access, [change])
    return next(
        state
        for state in consents_of(uow, change.form, change.record)
        if (state.purpose, state.channel) == (change.purpose, change.channel)
    )


def set_consents_bulk(
    uow: UnitOfWork, access: Access, changes: Sequence[ConsentChange], *, historic: bool = False
) -> int:
    """Record what many people said, in order; answers how many states changed.

    ``historic`` (an import) starts no rule. The paths of problems start with the position.
    """
    access.require("manage_consents")
    problems = [
        problem.under(str(position)) if len(changes) > 1 else problem
        for position, change in enumerate(changes)
        for problem in problems_of(change, uow.now)
    ]
    if problems:
        raise Invalid(problems)
    append(uow, [_entry(uow, access, change) for change in changes])
    moved = _move_states(uow, changes)
    record_events(uow, [_event(uow, access, change, historic) for change in moved])
    return len(moved)


def withdraw_consents(
    uow: UnitOfWork, access: Access, people: Iterable[PersonKey], source: str
) -> None:
    """Record that people want no more of this; those who have said so already say nothing new."""
    wanted = [
        ConsentChange(*key, action="withdraw", source=source)
        for key in people
        if find_state(uow, *key) is not False
    ]
    if wanted:
        set_consents_bulk(uow, access, wanted)


def problems_of(change: ConsentChange, now: datetime) -> list[Problem]:
    """Why this cannot be recorded."""
    problems = []
    if not is_purpose(change.purpose):
        problems.append(Problem("purpose", "bad-purpose", {"value": change.purpose[:40]}))
    if change.channel not in CHANNELS:
        known = {"value": change.channel[:40], "allowed": list(CHANNELS)}
        problems.append(Problem("channel", "unknown-channel", known))
    if change.action not in ("grant", "withdraw"):
        problems.append(Problem("action", "unknown-consent-action"))
    if not change.source.strip():
        problems.append(Problem("source", "required"))
    if change.action == "grant" and not (change.evidence or "").strip():
        problems.append(Problem("evidence", "consent-without-evidence"))
    if change.at is not None and change.at > now:
        problems.append(Problem("at", "in-the-future"))
    return problems


def is_granted(uow: UnitOfWork, form: str, record: int, purpose: str, channel: str) -> bool:
    """Whether this person agrees to this purpose through this channel now."""
    return find_state(uow, form, record, purpose, channel) is True


def find_state(uow: UnitOfWork, form: str, record: int, purpose: str, channel: str) -> bool | None:
    """True: agreed; False: refused; None: the person has not said."""
    found: bool | None = uow.scalar(
        sa.select(consent_state.c.granted).where(
            consent_state.c.form == form,
            consent_state.c.record == record,
            consent_state.c.purpose == purpose,
            consent_state.c.channel == channel,
        )
    )
    return found


def consents_of(uow: UnitOfWork, form: str, record: int) -> list[ConsentState]:
    """Everything one person has said yes or no to, as it holds now."""
    rows = uow.execute(
        consent_state.select()
        .where(consent_state.c.form == form, consent_state.c.record == record)
        .order_by(consent_state.c.purpose, consent_state.c.channel)
    )
    return [ConsentState(row.purpose, row.channel, row.granted, row.at) for row in rows]


def ledger_of(uow: UnitOfWork, form: str, record: int, limit: int = 200) -> list[ConsentEntry]:
    """The person's words, newest first."""
    rows = uow.execute(
        consent_entry.select()
        .where(consent_entry.c.form == form, consent_entry.c.record == record)
        .order_by(consent_entry.c.id.desc())
        .limit(limit)
    )
    return [
        ConsentEntry(
            row.id,
            row.purpose,
            row.channel,
            row.action,
            row.source,
            row.evidence,
            row.actor,
            row.at,
            row.recorded_at,
        )
        for row in rows
    ]


def _entry(uow: UnitOfWork, access: Access, change: ConsentChange) -> dict[str, Any]:
    return {
        "form": change.form,
        "record": change.record,
        "purpose": change.purpose,
        "channel": change.channel,
        "action": change.action,
        "source": change.source,
        "evidence": change.evidence,
        "text_version": change.text_version,
        "actor": access.actor,
        "at": change.at or uow.now,
        "recorded_at": uow.now,
    }


def _move_states(uow: UnitOfWork, changes: Sequence[ConsentChange]) -> list[ConsentChange]:
    """Bring the states up to date; the changes that turned one around, one per person and key."""
    before = _states(uow, changes)
    latest: dict[PersonKey, tuple[bool, datetime]] = dict(before)
    last_word: dict[PersonKey, ConsentChange] = {}
    for change in changes:
        at = change.at or uow.now
        known = latest.get(change.key)
        if known is None or at >= known[1]:
            latest[change.key] = (change.action == "grant", at)
            last_word[change.key] = change
    rows = [dict(zip(_STATE_COLUMNS, (*key, *latest[key]), strict=True)) for key in last_word]
    upsert(uow, consent_state, rows, ("granted", "at"))
    return [change for key, change in last_word.items() if _turned(before, latest, key)]


def _turned(
    before: Mapping[PersonKey, tuple[bool, datetime]],
    after: Mapping[PersonKey, tuple[bool, datetime]],
    key: PersonKey,
) -> bool:
    return key not in before or before[key][0] != after[key][0]


def _states(
    uow: UnitOfWork, changes: Sequence[ConsentChange]
) -> dict[PersonKey, tuple[bool, datetime]]:
    found = {}
    wanted = sorted({change.record for change in changes})
    for start in range(0, len(wanted), 1000):
        rows = uow.execute(
            consent_state.select()
            .where(consent_state.c.record.in_(wanted[start : start + 1000]))
            .with_for_update()
        )
        for row in rows:
            found[row.form, row.record, row.purpose, row.channel] = (row.granted, row.at)
    return found


def _event(uow: UnitOfWork, access: Access, change: ConsentChange, historic: bool) -> Event:
    return Event(
        "consent_granted" if change.action == "grant" else "consent_withdrawn",
        change.form,
        change.record,
        data={"purpose": change.purpose, "channel": change.channel, "source": change.source},
        actor=access.actor,
        historic=historic,
        at=change.at or uow.now,
    )
