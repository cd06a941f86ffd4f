"""How long a signer has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def due_at(due: Mapping[str, Any] | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when: hours are exact, days end at the same time of day in the shop's zone."""
    if due is None:
        return None
    if due["unit"] == "hour":
        return now + timedelta(hours=due["n"])
    return (now.astimezone(zone) + timedelta(days=due["n"])).astimezone(UTC)
