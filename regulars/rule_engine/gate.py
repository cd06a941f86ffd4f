"""Whether a message may leave now: asked in the transaction that sets it to "sending".

The same questions for everything that is sent. What was seen is kept with the message, so that
every message that was not sent has its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.ledger import consent_state
from regulars.platform.privacy.purposes import CHANNELS, needs_consent
from regulars.platform.privacy.suppressions import suppressed_among
from regulars.rule_engine.book import active_rules, pinned_rule
from regulars.rule_engine.definition import Cap, Guards
from regulars.rule_engine.durations import Length
from regulars.rule_engine.quiet import is_quiet, window_opens
from regulars.rule_engine.tables import outbound

COUNTED = ("sending", "sent", "unknown")
LONGEST_CAP = timedelta(days=370)
_NO_GUARDS = Guards()


@dataclass(frozen=True)
class Verdict:
    """``send``, ``later`` (then ``at``), or ``suppress``; ``reason`` for all but send."""

    action: str
    reason: dict[str, Any] | None = None
    at: datetime | None = None
    seen: dict[str, Any] = field(default_factory=dict)


class Gate:
    """Judges the messages of one transaction; what many of them need is asked once."""

    def __init__(self, uow: UnitOfWork, rows: Sequence[Any]) -> None:
        self.uow = uow
        self.active = active_rules(uow)
        _lock_people(uow, rows)
        self.consents = _consents(uow, rows)
        self.suppressed = suppressed_among(uow, [(row.channel, row.address) for row in rows])
        self._let_go = _sent_lately(uow, rows)

    def judge(self, row: Any) -> Verdict | None:
        """What to do with one queued message; None: leave it queued, its rule is paused."""
        if row.rule not in self.active:
            return None
        pinned = pinned_rule(self.uow, row.rule, row.rule_version)
        return self.decide(row, pinned.rule.guards if pinned else _NO_GUARDS)

    def decide(self, row: Any, guards: Guards) -> Verdict:
        """What to do with one message under a rule's guards, the rule being active."""
        if row.channel not in CHANNELS:
            return Verdict("send")  # no person is reached
        refusal = self._expired(row) or self._refused(row)
        if refusal is not None:
            return refusal
        quiet = self._quiet(row, guards)
        if quiet is not None:
            return quiet
        return self._capped(row, guards.cap) or self._send(row, guards)

    def _expired(self, row: Any) -> Verdict | None:
        if row.expires_at is None or self.uow.now <= row.expires_at:
            return None
        told = {"code": "too-late", "meant_at": _json(row.meant_at)}
        return Verdict("suppress", told)

    def _refused(self, row: Any) -> Verdict | None:
        said = self.consents.get((row.form, row.record, row.purpose, row.channel))
        seen = {"purpose": row.purpose, "channel": row.channel}
        if said is False:
            return Verdict("suppress", {"code": "consent-withdrawn", **seen})
        if said is None and needs_consent(row.purpose):
            return Verdict("suppress", {"code": "no-consent", **seen})
        if (row.channel, row.address) in self.suppressed:
            return Verdict("suppress", {"code": "on-suppression-list"})
        return None

    def _quiet(self, row: Any, guards: Guards) -> Verdict | None:
        zone, hours = self.uow.workspace.tz, guards.quiet_hours
        if hours is None or not is_quiet(hours, self.uow.now, zone):
            return None
        until = window_opens(hours, self.uow.now, zone)
        told = {"code": "quiet-hours", "from": f"{hours[0]:%H:%M}", "to": f"{hours[1]:%H:%M}"}
        if guards.on_quiet == "skip":
            return Verdict("suppress", told)
        if row.expires_at is not None and until > row.expires_at:
            return Verdict("suppress", {**told, "code": "too-late-after-quiet-hours"})
        return Verdict("later", told, until)

    def _capped(self, row: Any, cap: Cap | None) -> Verdict | None:
        if cap is None:
            return None
        since = Length(cap.days, "day").before(self.uow.now, self.uow.workspace.tz)
        used = sum(1 for at in self._sent_to(row) if at > since)
        if used < cap.n:
            return None
        told = {"code": "frequency-cap", "n": cap.n, "days": cap.days, "used": used}
        return Verdict("suppress", told)

    def _send(self, row: Any, guards: Guards) -> Verdict:
        self._sent_to(row).append(self.uow.now)
        said = self.consents.get((row.form, row.record, row.purpose, row.channel))
        cap = guards.cap
        seen = {
            "consent": said, "needs_consent": needs_consent(row.purpose),
            "cap": None if cap is None else {"n": cap.n, "days": cap.days},
            "now": _json(self.uow.now),
        }  # fmt: skip
        return Verdict("send", seen=seen)

    def _sent_to(self, row: Any) -> list[datetime]:
        """When this person got messages of this purpose, those let go just now included."""
        return self._let_go.setdefault((row.form, row.record, row.purpose), [])


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


def _json(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
