"""Which deed counts for which entry: the latest entry before it, within the window. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Entry:
    """One run: who came in when, and to which group they were assigned."""

    run: int
    record: int
    at: datetime
    arm: str


@dataclass(frozen=True)
class Deed:
    """One record of the goal's form: whose it is, when it happened, what it is worth."""

    id: int
    record: int
    at: datetime
    value: Decimal | None = None


@dataclass
class Credit:
    """What counts for one entry."""

    deeds: list[Deed] = field(default_factory=list)

    @property
    def value(self) -> Decimal:
        """What it is worth together."""
        return sum((deed.value for deed in self.deeds if deed.value is not None), Decimal(0))


def attribute(
    entries: Iterable[Entry], deeds: Iterable[Deed], until: Callable[[datetime], datetime]
) -> Mapping[int, Credit]:
    """Run → what counts for it. ``until`` is the end of the window of an entry's instant.

    A deed counts once: for the person's latest entry strictly before it, if its window (end
    included) still holds it.
    """
    by_person: dict[int, list[Entry]] = {}
    for entry in sorted(entries, key=lambda each: (each.at, each.run)):
        by_person.setdefault(entry.record, []).append(entry)
    found: dict[int, Credit] = {}
    for deed in sorted(deeds, key=lambda each: (each.at, each.id)):
        entry_before = _latest_before(by_person.get(deed.record, ()), deed.at)
        if entry_before is not None and deed.at <= until(entry_before.at):
            found.setdefault(entry_before.run, Credit()).deeds.append(deed)
    return found


def _latest_before(entries: Sequence[Entry], at: datetime) -> Entry | None:
    position = bisect_left(entries, at, key=lambda each: each.at)
    return entries[position - 1] if position else None
