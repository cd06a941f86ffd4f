"""Playing a stretch of time again on a scratch copy, with the engine itself.

Time goes from one instant that matters to the next: a slot of the rule's schedule, an event it
listens to, a wait that ends, a message that may leave. In between nothing can happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.prepared import Prepared
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.clocking import Now, fixed
from regulars.rule_engine.durations import at_local
from regulars.rule_engine.entering import Entries
from regulars.rule_engine.executing import execute_due
from regulars.rule_engine.ingest import ingest
from regulars.rule_engine.looking_over import look_over
from regulars.rule_engine.matching import form_of
from regulars.rule_engine.mirror_following import is_kept_by_events
from regulars.rule_engine.planning import plan_fires
from regulars.rule_engine.scans import fire_due
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.sender import send_due
from regulars.rule_engine.simulating.rewinding import Happening, Past, in_order
from regulars.rule_engine.simulating.stage import Stage, nowhere
from regulars.rule_engine.tables import outbound, run

MOST_INSTANTS = 20_000
MOST_ROUNDS = 1000
ALWAYS_HEARD = ("consent_withdrawn", "task_done")

Progress = Callable[[float], None]
Watch = Callable[[UnitOfWork], None]
Hear = Callable[[str, Entries], None]


@dataclass(frozen=True)
class _Due:
    events: bool
    runs: bool
    messages: bool
    following: datetime | None  # when a run goes on or a message may leave next

    @property
    def is_nothing(self) -> bool:
        return not (self.events or self.runs or self.messages)


def _waiting() -> Prepared:
    """What there is to do at an instant ``at`` for the rule ``key``, and when there is more."""
    at = sa.bindparam("at", type_=columns.Instant())
    live = (run.c.rule == sa.bindparam("key", type_=sa.Text()), run.c.status == "live")
    queued = outbound.c.status == "queued"
    later = [
        sa.select(sa.func.min(table.c.due_at)).where(*where, table.c.due_at > at)
        for table, where in ((run, live), (outbound, (queued,)))
    ]
    return Prepared(
        sa.select(
            sa.exists().where(event.c.processed_at.is_(None)),
            sa.exists().where(*live, run.c.due_at <= at),
            sa.exists().where(queued, outbound.c.due_at <= at),
            *(each.scalar_subquery() for each in later),
        )
    )


_WAITING = _waiting()


@dataclass
class Player:
    """Plays what happened; ``watch`` sees the copy after everybody has entered at an instant.

    ``hear`` is told whom a rule lets in and keeps out.
    """

    stage: Stage
    past: Past
    watch: Watch
    hear: Hear
    progress: Progress = lambda _done: None
    deferred: set[int] = field(default_factory=set)
    instants: int = 0
    _position: int = 0
    _slots: frozenset[datetime] = frozenset()
    _following: datetime | None = None

    def play(self) -> None:
        """From the start to the end of the span."""
        span = self.stage.wish.span
        with self._tx(span.start) as uow:
            heard = _heard(self.stage.pinned(uow), self._mirrors_heard(uow))
            mirrors = self._mirrors(uow)
            self._slots = frozenset(self._schedule(uow))
        self._following = self._due(span.start).following
        looks = self._looks() if mirrors else []
        known = _thinned([*self._slots, *looks, *self._loud(heard)])
        for at in self._times(known):
            while looks and looks[0] <= at:
                self._look(looks.pop(0), mirrors)
            self._be_at(at)
            self.progress(min(1.0, (at - span.start) / span.length))
        self._tell(span.end)

    def _times(self, known: list[datetime]) -> Iterator[datetime]:
        """Known instants and those that come up on the way, in order."""
        position, last = 0, self.stage.wish.span.start
        while True:
            due = self._following
            fixed_one = known[position] if position < len(known) else None
            following = [each for each in (due, fixed_one) if each is not None]
            if not following or min(following) > self.stage.wish.span.end:
                return
            last = max(last, min(following))
            if fixed_one is not None and fixed_one <= last:
                position += 1
            yield last

    def _be_at(self, at: datetime) -> None:
        """Everything that is due at one instant, until nothing is left."""
        self.instants += 1
        self.stage.clock.now = at
        self._tell(at)
        place = (self.stage.database, self.stage.workspace, fixed(at))
        if at in self._slots:
            plan_fires(*place)
            while fire_due(*place, watch=self.hear):
                pass
            self._see(at)
        for _ in range(MOST_ROUNDS):
            due = self._due(at)
            self._following = due.following
            if due.is_nothing:
                return
            if due.events:
                ingest(*place, watch=self.hear)
                self._see(at)
                continue
            if due.runs:
                execute_due(*place)
            if due.messages:
                self._send(fixed(at))

    def _see(self, at: datetime) -> None:
        with self._tx(at, write=False) as uow:
            self.watch(uow)

    def _due(self, at: datetime) -> _Due:
        """What there is to do; asking is cheaper than trying each in vain."""
        with self._tx(at, write=False) as uow:
            found = _WAITING.first(uow.connection, {"at": at, "key": self.stage.wish.key})
        assert found is not None
        events, runs, messages, *later = found
        following = min((each for each in later if each is not None), default=None)
        return _Due(bool(events), bool(runs), bool(messages), following)

    def _send(self, now: Now) -> None:
        at = self.stage.database, self.stage.workspace, now
        send_due(*at, Surroundings(), chosen=nowhere())
        with self._tx(now(), write=False) as uow:
            waiting = sa.select(outbound.c.id).where(
                outbound.c.status == "queued", outbound.c.due_at > uow.now
            )
            self.deferred.update(uow.execute(waiting).scalars())

    def _tell(self, upto: datetime) -> None:
        """Let happen what happened up to an instant."""
        due = list(in_order(self.past.happenings, upto, self._position))
        if not due:
            return
        self._position += len(due)
        with self._tx(upto) as uow:
            for each in due:
                if each.apply is not None:
                    each.apply(uow)
            insert_rows(uow, event, [dict(each.told) for each in due if each.told is not None])

    def _look(self, at: datetime, mirrors: list[str]) -> None:
        """Tags and tiers follow the calendar, too."""
        self.stage.clock.now = at
        self._tell(at)
        for key in mirrors:
            look_over(self.stage.database, self.stage.workspace, fixed(at), key)

    def _mirrors(self, uow: UnitOfWork) -> list[str]:
        """Those that have to be looked over as time goes by.

        Where every event is heard, a mirror that events alone keep right is right all the time.
        """
        keys, book = self.stage.awake(uow), book_of(uow)
        if not self._mirrors_heard(uow):
            return keys
        return [key for key in keys if not is_kept_by_events(uow, book.rules[key])]

    def _looks(self) -> list[datetime]:
        """Every midnight; every hour where the rule starts on what a mirror keeps."""
        span, zone = self.stage.wish.span, self.stage.workspace.tz
        trigger = str(self.stage.wish.raw.get("trigger", {}).get("on", ""))
        if trigger.startswith("mirror_"):
            hours = int(span.length / timedelta(hours=1))
            return [span.start + timedelta(hours=n) for n in range(1, hours + 1)]
        first = span.start.astimezone(zone).date()
        last = span.end.astimezone(zone).date()
        days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
        midnights = [datetime(day.year, day.month, day.day) for day in days]  # noqa: DTZ001
        return [at_local(each, zone) for each in midnights]

    def _schedule(self, uow: UnitOfWork) -> Iterator[datetime]:
        schedule = Schedule.of(self.stage.pinned(uow).rule.trigger)
        span = self.stage.wish.span
        if schedule is not None:
            yield from schedule.slots(span.start, span.end, self.stage.workspace.tz)

    def _mirrors_heard(self, uow: UnitOfWork) -> bool:
        rule = self.stage.pinned(uow).rule
        return rule.is_mirror or rule.trigger.on.startswith("mirror_")

    def _loud(self, heard: Callable[[Happening], bool]) -> Iterator[datetime]:
        return (each.at for each in self.past.happenings if heard(each))

    def _tx(self, at: datetime, *, write: bool = True) -> Any:
        return self.stage.database.workspace_tx(self.stage.workspace, write=write, now=at)


def _heard(pinned: PinnedRule, everything: bool) -> Callable[[Happening], bool]:
    """Whether an event may start, answer or end a run of the rule."""
    rule = pinned.rule
    wanted = {
        (each.on, form_of(each, rule.subject)) for each in (rule.trigger, *pinned.listens_to)
    }
    kinds = {on for on, _form in wanted} | set(ALWAYS_HEARD)

    def is_heard(each: Happening) -> bool:
        if each.told is None or not (everything or each.told["kind"] in kinds):
            return False
        about_records = each.told["kind"].startswith("record_")
        return (
            everything or not about_records or ((each.told["kind"], each.told["form"]) in wanted)
        )

    return is_heard


def _thinned(instants: Iterable[datetime]) -> list[datetime]:
    """Each instant once; of very many, about `MOST_INSTANTS` evenly chosen ones."""
    every = sorted(set(instants))
    if len(every) <= MOST_INSTANTS:
        return every
    step = -(-len(every) // MOST_INSTANTS)
    return every[step - 1 :: step]
