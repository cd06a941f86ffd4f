"""What is simulated: a rule, over a stretch of time that has passed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.rule_engine.durations import Length

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Span:
    """From an instant (exclusive) to another (inclusive)."""

    start: datetime
    end: datetime

    @classmethod
    def last(cls, days: int, end: datetime, zone: ZoneInfo) -> Span:
        """The last ``days`` calendar days up to ``end``."""
        return cls(Length(days, "day").before(end, zone), end)

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies inside."""
        return self.start < at <= self.end

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True)
class Wish:
    """Which rule, as it is written now, is tried over which span.

    ``drafts`` are further definitions (kind, body) that it needs and nobody has published yet.
    """

    raw: Mapping[str, Any]
    span: Span
    drafts: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def key(self) -> str:
        """The rule's key."""
        return str(self.raw["key"])
