"""Asking providers what became of messages in doubt, where they can tell by our key.

A provider that knows of a message settles it. One that does not find it proves nothing: the
message stays for a person to decide, and is asked about again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict
from regulars.platform.ticker import Tick
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.channels.base import (
    Fate,
    Provider,
    Receipt,
    SendFailed,
    SendUnknown,
    Surroundings,
    providers,
)
from regulars.rule_engine.reach import require_seen
from regulars.rule_engine.receipts import note_fate
from regulars.rule_engine.sender import Ready, outgoing_of, ready_for
from regulars.rule_engine.tables import outbound

FIRST_AFTER = timedelta(minutes=2)  # a provider needs a moment to know
AGAIN_AFTER = timedelta(hours=1)
NOT_AFTER = timedelta(days=3)
AT_ONCE = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """A message in doubt, ready to be asked about."""

    provider: Provider
    ready: Ready

    def ask(self, surroundings: Surroundings) -> Fate | None:
        """The provider's answer, outside of any transaction; None when it knows nothing."""
        try:
            return self.provider.ask(
                outgoing_of(self.ready), self.ready.row.sending_at, surroundings
            )
        except (SendFailed, SendUnknown) as silence:
            log.info("A provider did not say what became of a message: %s", silence)
            return None


def question_about(uow: UnitOfWork, access: Access, message_id: int) -> Question:
    """One message in doubt; Conflict when it is none, or its provider cannot be asked."""
    access.require("send_messages")
    require_seen(uow, access, outbound, message_id, "no-message")
    row = uow.execute(outbound.select().where(outbound.c.id == message_id)).one()
    provider = providers.find(row.provider or "")
    if row.status != "unknown" or provider is None or not can_ask(row.provider):
        raise Conflict("message-not-askable", id=message_id)
    return Question(provider, ready_for(uow, [row], provider)[0])


def can_ask(provider: str | None) -> bool:
    """Whether a provider can be asked about single messages."""
    found = providers.find(provider or "")
    return found is not None and found.can_be_asked


def settle(uow: UnitOfWork, question: Question, fate: Fate | None) -> bool:
    """Write down what was said; True when the message is in doubt no more."""
    row = question.ready.row
    asked = outbound.update().where(outbound.c.id == row.id).values(asked_at=uow.now)
    uow.execute(asked)
    if fate is None:
        return False
    word = None if fate.delivered is None else Receipt(
        fate.provider_id, question.ready.key, fate.delivered, fate.detail
    )  # fmt: skip
    return note_fate(uow, row.id, word)


@dataclass(frozen=True)
class InquiryDesk:
    """Asks about what is in doubt, by and by, in every workspace."""

    database: Database
    surroundings: Surroundings

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("messages in doubt", self.ask, is_due=self.is_due),)

    def is_due(self, now: datetime) -> bool:
        """Whether there is anything to ask."""
        return any(self._due(place, now, 1) for place in list_workspaces(self.database))

    def ask(self, now: datetime) -> None:
        """Ask about what is due, each provider outside of any transaction."""
        for place in list_workspaces(self.database):
            for question in self._due(place, now, AT_ONCE):
                fate = question.ask(self.surroundings)
                with self.database.workspace_tx(place, now=now) as uow:
                    settle(uow, question, fate)

    def _due(self, place: Workspace, now: datetime, most: int) -> list[Question]:
        names = [each.name for each in providers if each.can_be_asked]
        with self.database.workspace_tx(place, write=False, now=now) as uow:
            rows = uow.execute(
                outbound.select()
                .where(outbound.c.status == "unknown", outbound.c.provider.in_(names))
                .where(*_due_at(now))
                .order_by(outbound.c.id)
                .limit(most)
            ).all()
            found = [(providers.get(row.provider), row) for row in rows]
            return [Question(each, ready_for(uow, [row], each)[0]) for each, row in found]


def _due_at(now: datetime) -> list[Any]:
    asked = outbound.c.asked_at
    return [
        outbound.c.sending_at <= now - FIRST_AFTER,
        outbound.c.sending_at > now - NOT_AFTER,
        sa.or_(asked.is_(None), asked <= now - AGAIN_AFTER),
    ]
