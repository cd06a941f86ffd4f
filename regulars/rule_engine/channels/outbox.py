"""outbox: the message is kept and shown, and nothing leaves the house. The default everywhere."""

from __future__ import annotations

from regulars.platform.privacy.purposes import CHANNELS
from regulars.rule_engine.channels.base import Outgoing, Provider, Surroundings


class OutboxProvider(Provider):
    """Takes everything; the row in the outbound table is the message."""

    name = "outbox"
    channels = frozenset(CHANNELS)
    repeatable = True
    leaves_house = False

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        return None
