"""Who enters a rule: each (rule, person, entry key) once, whatever is delivered twice."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_new
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.breaking import tell_owner
from regulars.rule_engine.definition import Rule, first_path
from regulars.rule_engine.durations import Length
from regulars.rule_engine.steps.flow import bucket_of
from regulars.rule_engine.tables import decision, run
from regulars.rule_engine.triggers.base import trigger_kinds

MAX_CHAIN = 5
RUNS_PER_HOUR = 1000  # of one record, where events start a rule and it says nothing else
_LONGEST_KEY = 200


@dataclass(frozen=True)
class Candidate:
    """Somebody who meets a rule's trigger and condition. ``at`` is the instant this means."""

    record: int
    entry_key: str
    at: datetime
    event: int | None = None
    trigger: tuple[str, int] | None = None
    chain: tuple[str, ...] = ()


Watch = Callable[[str, "Entries"], object]
"""Told the key of a rule, who entered it and who was kept out for which reason."""


@dataclass
class Entries:
    """What became of candidates: ``entered`` record ids; ``known`` had entered before."""

    entered: list[int] = field(default_factory=list)
    known: int = 0
    held: dict[str, int] = field(default_factory=dict)
    kept_out: dict[str, set[tuple[int, str]]] = field(default_factory=dict)  # with entry keys

    def hold(self, reason: str, candidate: Candidate) -> None:
        """Note somebody who was kept out."""
        self.held[reason] = self.held.get(reason, 0) + 1
        out = (candidate.record, candidate.entry_key)
        self.kept_out.setdefault(reason, set()).add(out)

    def add_held(self, other: Entries) -> None:
        """Whoever was kept out elsewhere."""
        for reason, n in other.held.items():
            self.held[reason] = self.held.get(reason, 0) + n
        for reason, out in other.kept_out.items():
            self.kept_out.setdefault(reason, set()).update(out)


def enter(
    uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate], *, skipped: bool = False
) -> Entries:
    """Start a run for every candidate who may enter; with ``skipped`` only note that they matched.

    A skipped entry never starts by itself again: people who matched before a rule was published.
    """
    entries = Entries()
    if not candidates:
        return entries
    admitted = not_yet_in(uow, pinned.rule, candidates)
    entries.known = len(candidates) - len(admitted)
    if not skipped:
        admitted = _outside_loops(uow, pinned.rule, admitted, entries)
        admitted = _seldom_enough(uow, pinned.rule, admitted, entries)
        admitted = _after_gap(uow, pinned.rule, admitted, entries)
        admitted = _within_group(uow, pinned.rule, admitted, entries)
    rows = [run_row(uow, pinned, candidate, skipped=skipped) for candidate in admitted]
    entries.entered = insert_new(uow, run, rows, "record")
    entries.known += len(rows) - len(entries.entered)
    return entries


def revive(uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate]) -> list[int]:
    """Start the skipped entries of these candidates after all; their record ids.

    The caller has seen that there are such entries.
    """
    if not candidates:
        return []
    rows = [run_row(uow, pinned, candidate, skipped=False) for candidate in candidates]
    same = ("rule", "form", "record", "entry_key")
    statement = (
        run.update()
        .where(*[run.c[name] == sa.bindparam(f"b_{name}") for name in same])
        .where(run.c.status == "skipped")
        .values({name: sa.bindparam(f"v_{name}") for name in rows[0] if name not in same})
    )
    uow.execute(
        statement,
        [{f"{'b' if name in same else 'v'}_{name}": v for name, v in row.items()} for row in rows],
    )
    return [candidate.record for candidate in candidates]


def key_text(value: Any) -> str:
    """An entry key's value as the text that is compared."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value)[:_LONGEST_KEY]


def arm_of(rule: Rule, record: int) -> str:
    """``control`` or ``treatment``: always the same for the same person and rule."""
    bucket = bucket_of(f"{rule.key}:{rule.subject}:{record}")
    return "control" if bucket < rule.guards.control_group else "treatment"


def run_row(
    uow: UnitOfWork, pinned: PinnedRule, candidate: Candidate, *, skipped: bool
) -> dict[str, Any]:
    """The row of a run that this candidate would begin."""
    rule = pinned.rule
    context = {} if candidate.trigger is None else {"trigger": list(candidate.trigger)}
    return {
        "rule": rule.key, "version": pinned.version, "form": rule.subject,
        "record": candidate.record, "entry_key": candidate.entry_key,
        "status": "skipped" if skipped else "live", "outcome": "skipped" if skipped else None,
        "cursor": None if skipped else first_path(rule.steps), "iteration": 0, "seq": 0,
        "due_at": None if skipped else min(candidate.at, uow.now), "meant_at": candidate.at,
        "wait_kind": None, "seen_event": None, "anchor_at": candidate.at, "token": None,
        "attempts": 0, "context": context, "trigger_event": candidate.event,
        "purpose": pinned.purpose, "group_key": rule.entry.group,
        "arm": arm_of(rule, candidate.record), "chain": list(candidate.chain),
        "reason": {"code": "backlog"} if skipped else None, "entered_at": candidate.at,
        "created_at": uow.now, "finished_at": uow.now if skipped else None,
    }  # fmt: skip


def not_yet_in(
    uow: UnitOfWork, rule: Rule, candidates: Sequence[Candidate], *, passed_over: bool = False
) -> list[Candidate]:
    """Those who are not in for this round; ``passed_over``: those left out are among them."""
    known: set[tuple[int, str]] = set()
    still = (run.c.status != "skipped",) if passed_over else ()
    for some in _slices(candidate.record for candidate in candidates):
        rows = uow.execute(
            sa.select(run.c.record, run.c.entry_key).where(
                run.c.rule == rule.key, run.c.form == rule.subject, run.c.record.in_(some), *still
            )
        )
        known.update((record, key) for record, key in rows)
    return [each for each in candidates if (each.record, each.entry_key) not in known]


def _outside_loops(
    uow: UnitOfWork, rule: Rule, candidates: list[Candidate], entries: Entries
) -> list[Candidate]:
    """A rule does not start on what it caused itself, however many rules lie in between."""
    admitted, refused = [], []
    for candidate in candidates:
        reason = None
        if rule.key in candidate.chain and not rule.entry.allow_self:
            reason = "loop"
        elif len(candidate.chain) >= MAX_CHAIN:
            reason = "chain-too-long"
        if reason is None:
            admitted.append(candidate)
            continue
        entries.hold(reason, candidate)
        told = {"code": reason, "chain": list(candidate.chain)}
        refused.append(decision_row(uow, rule, candidate.record, candidate.event, told))
    if refused:
        uow.connection.execute(decision.insert(), refused)
        day = uow.now.astimezone(uow.workspace.tz).date().isoformat()
        told = {**refused[0]["reason"], "chain": [*refused[0]["reason"]["chain"], rule.key]}
        tell_owner(uow, rule.key, f"loop:{day}", "loop", told)
    return admitted


def _seldom_enough(
    uow: UnitOfWork, rule: Rule, candidates: list[Candidate], entries: Entries
) -> list[Candidate]:
    """At most so many rounds of one record within an hour."""
    kind = trigger_kinds.get(rule.trigger.on)
    most = rule.entry.max_per_hour or (RUNS_PER_HOUR if kind.by_event else None)
    if most is None or not candidates:
        return candidates
    lately = _entries_lately(uow, rule, {candidate.record for candidate in candidates})
    admitted, refused = [], []
    for candidate in candidates:
        known = lately.get(candidate.record, 0)
        if known >= most:
            entries.hold("too-often", candidate)
            told = {"code": "too-often", "n": most}
            refused.append(decision_row(uow, rule, candidate.record, candidate.event, told))
            continue
        lately[candidate.record] = known + 1
        admitted.append(candidate)
    if refused:
        uow.connection.execute(decision.insert(), refused)
    return admitted


def _entries_lately(uow: UnitOfWork, rule: Rule, records: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _slices(records):
        rows = uow.execute(
            sa.select(run.c.record, sa.func.count())
            .where(
                run.c.form == rule.subject,
                run.c.record.in_(some),
                run.c.rule == rule.key,
                run.c.status != "skipped",
                run.c.created_at > uow.now - timedelta(hours=1),
            )
            .group_by(run.c.record)
        )
        found.update((record, int(n)) for record, n in rows)
    return found


def decision_row(
    uow: UnitOfWork, rule: Rule, record: int, event: int | None, reason: dict[str, Any]
) -> dict[str, Any]:
    """Why somebody did not enter, as it is stored."""
    return {
        "rule": rule.key, "form": rule.subject, "record": record, "event": event,
        "reason": reason, "at": uow.now,
    }  # fmt: skip


def _after_gap(
    uow: UnitOfWork, rule: Rule, candidates: list[Candidate], entries: Entries
) -> list[Candidate]:
    days = rule.entry.min_gap_days
    if days is None or not candidates:
        return candidates
    _take_turns(uow, f"rule:{rule.key}")
    last = last_entries(uow, rule, {candidate.record for candidate in candidates})
    admitted = []
    for candidate in candidates:
        before = last.get(candidate.record)
        until = Length(days, "day").after(before, uow.workspace.tz) if before else None
        if until is not None and until > candidate.at:
            entries.hold("min-gap", candidate)
            continue
        last[candidate.record] = candidate.at
        admitted.append(candidate)
    return admitted


def last_entries(uow: UnitOfWork, rule: Rule, records: Iterable[int]) -> dict[int, datetime]:
    """When each of these people entered the rule last; skipped entries do not count."""
    found: dict[int, datetime] = {}
    for some in _slices(records):
        rows = uow.execute(
            sa.select(run.c.record, sa.func.max(run.c.entered_at))
            .where(
                run.c.rule == rule.key,
                run.c.form == rule.subject,
                run.c.record.in_(some),
                run.c.status != "skipped",
            )
            .group_by(run.c.record)
        )
        found.update((record, at) for record, at in rows)
    return found


def _within_group(
    uow: UnitOfWork, rule: Rule, candidates: list[Candidate], entries: Entries
) -> list[Candidate]:
    group, most = rule.entry.group, rule.entry.max_live_per_group
    if group is None or most is None or not candidates:
        return candidates
    _take_turns(uow, f"group:{group}")
    live = live_in_group(uow, rule, {candidate.record for candidate in candidates})
    admitted = []
    for candidate in candidates:
        if live.get(candidate.record, 0) >= most:
            entries.hold("group-full", candidate)
            continue
        live[candidate.record] = live.get(candidate.record, 0) + 1
        admitted.append(candidate)
    return admitted


def live_in_group(uow: UnitOfWork, rule: Rule, records: Iterable[int]) -> dict[int, int]:
    """How many live runs each of these people has in the rule's group."""
    found: dict[int, int] = {}
    for some in _slices(records):
        rows = uow.execute(
            sa.select(run.c.record, sa.func.count())
            .where(
                run.c.status == "live",
                run.c.form == rule.subject,
                run.c.record.in_(some),
                run.c.group_key == rule.entry.group,
            )
            .group_by(run.c.record)
        )
        found.update((record, n) for record, n in rows)
    return found


def _take_turns(uow: UnitOfWork, name: str) -> None:
    """Until the commit nobody else counts the same (on SQLite there is one writer anyway)."""
    if uow.dialect == "postgresql":
        key = zlib.crc32(f"{uow.workspace.store}:{name}".encode())
        uow.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _slices(records: Iterable[int], size: int = 5000) -> Iterable[list[int]]:
    wanted = sorted(set(records))
    return (wanted[start : start + size] for start in range(0, len(wanted), size))
