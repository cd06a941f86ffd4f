"""Quiet hours: when a message may not leave, and when it may again. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.rule_engine.durations import at_local

QuietHours = tuple[time, time]


def is_quiet(hours: QuietHours | None, now: datetime, zone: ZoneInfo) -> bool:
    """Whether ``now`` lies in the quiet hours, from the first time to before the second.

    Hours whose end is not after their start reach over midnight; equal times mean never quiet.
    """
    if hours is None or hours[0] == hours[1]:
        return False
    start, end = hours
    clock = now.astimezone(zone).time()
    return start <= clock < end if start < end else clock >= start or clock < end


def window_opens(hours: QuietHours, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant, after a quiet ``now``, at which messages may leave again."""
    _start, end = hours
    local = now.astimezone(zone)
    opening = at_local(datetime.combine(local.date(), end), zone)
    if opening <= now:
        opening = at_local(datetime.combine(local.date() + timedelta(days=1), end), zone)
    return opening
