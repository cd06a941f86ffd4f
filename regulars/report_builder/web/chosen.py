"""What a reader has chosen, as it stands in the address: the period, filters, the moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from regulars.report_builder.asking import PERIOD
from regulars.report_builder.moments import read_moment
from regulars.report_builder.ranges import to_word

PRESETS = (
    "today", "this_week", "this_month", "last_month", "last-30-day", "last-90-day",
    "last-6-month", "last-12-month", "this_year", "last_year", "all",
)  # fmt: skip
CUSTOM = "custom"


@dataclass(frozen=True)
class Chosen:
    """The reader's choice. ``word`` is a preset, or ``custom`` with days from and to."""

    word: str = ""
    since: str = ""
    last_day: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    at: str = ""

    @classmethod
    def from_args(cls, args: MultiDict[str, str], filters: Iterable[str] = ()) -> Chosen:
        """Read an address; ``filters`` are the names of the filters that may be there."""
        found = {name: args[name] for name in filters if args.get(name)}
        return cls(
            args.get(PERIOD, ""),
            args.get("from", ""),
            args.get("to", ""),
            found,
            args.get("at", ""),
        )

    def or_period(self, window: Any) -> Chosen:
        """With a definition's default period where the reader has chosen none."""
        if self.word:
            return self
        word = to_word(window)
        since, slash, until = word.partition("/")
        if not slash:
            return replace(self, word=word)
        return replace(self, word=CUSTOM, since=since, last_day=_day_before(until))

    @property
    def period(self) -> Any:
        """The period as a report's parameter."""
        if self.word != CUSTOM:
            return self.word or None
        return f"{self.since}/{_day_after(self.last_day)}" if self.since or self.last_day else None

    @property
    def params(self) -> dict[str, Any]:
        """Everything as a report's parameters."""
        return {PERIOD: self.period, **self.filters}

    @property
    def arguments(self) -> dict[str, str]:
        """What stands behind the question mark; empty things are left out."""
        days = {"from": self.since, "to": self.last_day} if self.word == CUSTOM else {}
        given = {PERIOD: self.word, **days, **self.filters, "at": self.at}
        return {name: value for name, value in given.items() if value}

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """The "now" that was asked for, in the shop's time without an offset. Raises Invalid."""
        return read_moment(self.at, zone)


def _day_after(text: str) -> str:
    """The first day that no longer counts; unreadable text stays for the report to refuse."""
    try:
        return (date.fromisoformat(text) + timedelta(days=1)).isoformat() if text else ""
    except (ValueError, OverflowError):
        return text


def _day_before(text: str) -> str:
    try:
        return (date.fromisoformat(text) - timedelta(days=1)).isoformat() if text else ""
    except (ValueError, OverflowError):
        return text
