"""What a message costs: the parts of a short message times the price the shop has set."""

from __future__ import annotations

from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.rule_engine.channels.base import Provider
from regulars.rule_engine.policy_keeping import policy_of
from regulars.rule_engine.sms_parts import count_parts


class Pricing:
    """The prices of one shop through one provider; what stays in the house costs nothing."""

    def __init__(self, uow: UnitOfWork, provider: Provider) -> None:
        self._price = policy_of(uow).sms_price if provider.leaves_house else 0
        self._sizes = provider.part_sizes

    def of(self, row: Any) -> tuple[int | None, int]:
        """The parts of a queued message (None where that means nothing) and its cost."""
        return self.of_text(row.channel, row.body.get("text", ""))

    def of_text(self, channel: str, text: str) -> tuple[int | None, int]:
        """The same of a text that would go out this way."""
        if channel != "sms":
            return None, 0
        parts = count_parts(text, self._sizes)
        return parts, parts * self._price
