"""The first page of a workspace, as data: whom to call and why, what is stuck, what was sent.

The platform knows no shop: builders register sources, each of which answers for its own part with
the eyes of one reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.hold import Hold, find_hold
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry

MOST_CALLS = 12
MOST_TASKS = 8


@dataclass(frozen=True)
class Person:
    """Somebody to call. ``phone`` is None where there is none, or this reader may not see it."""

    form: str
    record: int
    title: str
    phone: str | None = None


@dataclass(frozen=True)
class Reason:
    """Why somebody is to be called: a task's title or a group's name, an owner's own words."""

    words: Text
    kind: str  # task, group
    due_at: datetime | None = None
    task: int | None = None


@dataclass(frozen=True)
class Call:
    """One person with every reason to call them, the most pressing first."""

    person: Person
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class TaskLine:
    """Something to do, or to approve, that is due."""

    id: int
    title: str
    kind: str
    due_at: datetime | None
    is_late: bool
    person: Person | None = None
    is_held: bool = False  # to be decided on in the inbox, where its record's facts stand


@dataclass(frozen=True)
class Trouble:
    """Something that is stuck. Words at ``today.trouble.<code>``; ``place`` and ``args`` name the
    page that helps; ``act`` is the endpoint of "try all again" where there is such a thing."""

    code: str
    tone: str  # red, orange
    params: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    act: str = ""


@dataclass(frozen=True)
class Sent:
    """What left in the last 24 hours: by channel, what it cost, and what was held back and why."""

    number: int
    cost: int
    by_channel: Sequence[tuple[str, int]] = ()
    held_back: Sequence[tuple[str, int]] = ()
    waiting: int = 0


@dataclass(frozen=True)
class ReportLine:
    """A report that was made for this reader: ``at`` is the moment its numbers are of."""

    id: int
    title: str
    period: str
    at: datetime
    is_unfinished: bool
    figures: Sequence[tuple[str, str]] = ()  # heading and number, where one row says it all


class TodaySource(Protocol):
    """A part of the product that has something to say today."""

    def calls(self, uow: UnitOfWork, access: Access) -> Iterable[Call]:
        """People to call."""

    def tasks(self, uow: UnitOfWork, access: Access) -> Iterable[TaskLine]:
        """Things to do, due first."""

    def troubles(self, uow: UnitOfWork, access: Access) -> Iterable[Trouble]:
        """What is stuck."""

    def sent(self, uow: UnitOfWork, access: Access) -> Sent | None:
        """What left; None where this source sends nothing, or the reader may not see it."""

    def reports(self, uow: UnitOfWork, access: Access) -> Iterable[ReportLine]:
        """Reports that were made for this reader lately."""


@dataclass(frozen=True)
class Today:
    """The whole page."""

    calls: Sequence[Call]
    tasks: Sequence[TaskLine]
    troubles: Sequence[Trouble]
    sent: Sent | None
    held: Hold | None
    reports: Sequence[ReportLine] = ()


today_sources: Registry[TodaySource] = Registry("source of the first page")


def read_today(uow: UnitOfWork, access: Access) -> Today:
    """What this person should know now."""
    sources = list(today_sources)
    calls = _together([call for each in sources for call in each.calls(uow, access)])
    sent = (each.sent(uow, access) for each in sources)
    return Today(
        calls[:MOST_CALLS],
        [line for each in sources for line in each.tasks(uow, access)][:MOST_TASKS],
        [trouble for each in sources for trouble in each.troubles(uow, access)],
        next((each for each in sent if each is not None), None),
        find_hold(uow),
        [line for each in sources for line in each.reports(uow, access)],
    )


def _together(calls: Sequence[Call]) -> list[Call]:
    """One line per person, however many reasons there are; tasks due first, then the rest."""
    people: dict[tuple[str, int], Person] = {}
    reasons: dict[tuple[str, int], list[Reason]] = {}
    for call in calls:
        key = (call.person.form, call.person.record)
        people.setdefault(key, call.person)
        reasons.setdefault(key, []).extend(call.reasons)
    made = [Call(people[key], sorted(reasons[key], key=_urgency)) for key in people]
    return sorted(made, key=lambda call: _urgency(call.reasons[0]))


def _urgency(reason: Reason) -> tuple[bool, bool, float]:
    due = reason.due_at
    return reason.kind != "task", due is None, due.timestamp() if due else 0.0
