"""What people and clients do with rules: count, enrol, pause, resume, archive, resolve.

Permission first, then the work, inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import scope_conditions
from regulars.platform import jobs
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, NotFound
from regulars.platform.ids import new_token
from regulars.rule_engine import logbook, past_states
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.channels.base import providers
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.entering import Candidate, Entries, enter, revive
from regulars.rule_engine.publishing import JOB, is_clock_rule
from regulars.rule_engine.reach import require_seen
from regulars.rule_engine.scans import conditions, pages, skip_backlog, table_of
from regulars.rule_engine.tables import (
    channel_setting,
    mirror_member,
    outbound,
    rule_state,
    run,
)


@dataclass(frozen=True)
class Enrolment:
    """What enrolling brought: ``entered`` people, ``known`` from before, ``held`` by reason."""

    entered: int
    known: int
    held: dict[str, int]


def enrol(uow: UnitOfWork, access: Access, key: str, *, limit: int | None = None) -> int:
    """Let people in who match as of now, backlog included; how many entered."""
    return enrol_people(uow, access, key, limit=limit).entered


def enrol_people(
    uow: UnitOfWork, access: Access, key: str, *, limit: int | None = None
) -> Enrolment:
    """As `enrol`, with what kept the others out. Conflict for rules that only events start."""
    access.require("run_rules")
    pinned = whole_rule(uow, key)
    total = Entries()
    for candidates in _candidates(uow, pinned):
        room = None if limit is None else limit - len(total.entered)
        if room is not None and room <= 0:
            break
        reached = _reached(uow, access, pinned, candidates)
        _let_in(uow, pinned, reached, room, total)
    logbook.note_entries(uow, access, "rule-enrolled", pinned.rule, len(total.entered))
    uow.after_commit(jobs.ringer(JOB))
    return Enrolment(len(total.entered), total.known, total.held)


def _reached(
    uow: UnitOfWork, access: Access, pinned: PinnedRule, candidates: Sequence[Candidate]
) -> Sequence[Candidate]:
    """Those whose records this actor may read."""
    catalog, subject = pinned.catalog, pinned.rule.subject
    table = catalog.tables[subject].main
    scope = scope_conditions(uow, access, catalog, subject, table, "read")
    if not scope:
        return candidates
    there: set[int] = set()
    for some in chunks([each.record for each in candidates]):
        there.update(
            uow.execute(sa.select(table.c.id).where(table.c.id.in_(some), *scope)).scalars()
        )
    return [each for each in candidates if each.record in there]


def _let_in(
    uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate], room: int | None,
    total: Entries,
) -> None:  # fmt: skip
    revivable = _skipped(uow, pinned, candidates)
    known = _entered(uow, pinned, candidates)
    chosen = [c for c in candidates if (c.record, c.entry_key) in revivable][:room]
    total.entered += revive(uow, pinned, chosen)
    room = None if room is None else room - len(chosen)
    fresh = [c for c in candidates if (c.record, c.entry_key) not in known | revivable][:room]
    entries = enter(uow, pinned, fresh)
    total.entered += entries.entered
    total.known += entries.known
    total.known += sum((c.record, c.entry_key) in known for c in candidates)
    for reason, n in entries.held.items():
        total.held[reason] = total.held.get(reason, 0) + n


def _skipped(
    uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate]
) -> set[tuple[int, str]]:
    return _keys(uow, pinned, candidates, run.c.status == "skipped")


def _entered(
    uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate]
) -> set[tuple[int, str]]:
    return _keys(uow, pinned, candidates, run.c.status != "skipped")


def _keys(
    uow: UnitOfWork, pinned: PinnedRule, candidates: Sequence[Candidate], which: Any
) -> set[tuple[int, str]]:
    rows = uow.execute(
        sa.select(run.c.record, run.c.entry_key).where(
            run.c.rule == pinned.rule.key,
            run.c.form == pinned.rule.subject,
            run.c.record.in_([each.record for each in candidates]),
            which,
        )
    )
    return {(record, entry_key) for record, entry_key in rows}


def _candidates(uow: UnitOfWork, pinned: PinnedRule) -> Any:
    """Everybody who matches as of now, in pages."""
    rule = pinned.rule
    if rule.trigger.on in ("scan", "once", "date_field") and not rule.is_mirror:
        for page in pages(uow, pinned):
            yield [Candidate(each.record, each.key, uow.now) for each in page]
        return
    if rule.trigger.on != "mirror_entered":
        raise Conflict("rule-has-no-backlog", rule=rule.label)
    own = rule.trigger.settings
    table = table_of(pinned)
    statement = (
        sa.select(mirror_member.c.record, mirror_member.c.since, mirror_member.c.value)
        .join(table, table.c.id == mirror_member.c.record)
        .where(mirror_member.c.rule == own["rule"], *conditions(uow, pinned, table))
        .order_by(mirror_member.c.record)
    )
    if own.get("value") is not None:
        statement = statement.where(mirror_member.c.value == own["value"])
    yield [
        Candidate(row.record, f"member:{row.value}:{row.since.isoformat()}", uow.now)
        for row in uow.execute(statement)
    ]


def start_manually(uow: UnitOfWork, access: Access, key: str, records: Sequence[int]) -> Enrolment:
    """Start a rule for chosen people now; who is in it already stays where they are.

    A rule that people start keeps to its condition; with one that starts by itself, choosing
    somebody is the decision to pass over it.
    """
    access.require("run_rules")
    return start_for(uow, access, key, records)


def start_for(uow: UnitOfWork, access: Access, key: str, records: Sequence[int]) -> Enrolment:
    """As `start_manually`, for whom something else allows it: a button they may press."""
    pinned = whole_rule(uow, key)
    if pinned.rule.is_mirror:
        raise Conflict("mirror-has-no-runs", rule=pinned.rule.label)
    table = table_of(pinned)
    scope = scope_conditions(uow, access, pinned.catalog, pinned.rule.subject, table, "read")
    there = set(
        uow.execute(sa.select(table.c.id).where(table.c.id.in_(records), *scope)).scalars()
    )
    busy = set(
        uow.execute(
            sa.select(run.c.record).where(
                run.c.rule == key, run.c.status == "live", run.c.record.in_(there)
            )
        ).scalars()
    )
    name = f"manual:{new_token(8)}"
    by_hand = pinned.rule.trigger.on == "manual"
    fit = fitting(uow, pinned, there - busy) if by_hand else there - busy
    entries = enter(uow, pinned, [Candidate(each, name, uow.now) for each in sorted(fit)])
    unfit = len(there - busy - fit)
    held = {"does-not-fit": unfit, **entries.held} if unfit else entries.held
    logbook.note_entries(uow, access, "rule-started", pinned.rule, len(entries.entered))
    uow.after_commit(jobs.ringer(JOB))
    return Enrolment(len(entries.entered), len(busy), held)


def fitting(uow: UnitOfWork, pinned: PinnedRule, records: set[int]) -> set[int]:
    """Those of these records that meet the rule's condition."""
    if not pinned.rule.when:
        return records
    table = table_of(pinned)
    where = conditions(uow, pinned, table)
    found: set[int] = set()
    for some in chunks(sorted(records)):
        some_fit = sa.select(table.c.id).where(table.c.id.in_(some), *where)
        found.update(uow.execute(some_fit).scalars())
    return found


def pause_rule(uow: UnitOfWork, access: Access, key: str) -> None:
    """Stop a rule: nobody enters, no step is done, no queued message leaves, until it resumes."""
    access.require("run_rules")
    _running(uow, key)
    if state_of(uow, key) == "active":
        past_states.note_state(uow, access, key)
    _set_state(uow, access, key, {"state": "paused"})


def resume_rule(uow: UnitOfWork, access: Access, key: str, *, backlog: str | None = None) -> None:
    """Let a rule act again. Who came to match meanwhile is backlog, unless it is to be enrolled.

    Runs go on where they were; messages that are too late by now are not sent.
    """
    access.require("run_rules")
    pinned = _running(uow, key)
    state = uow.execute(rule_state.select().where(rule_state.c.rule == key)).one()
    if state.state == "active":
        return
    if (backlog or pinned.rule.entry.backlog) == "skip" and is_clock_rule(pinned.rule):
        skip_backlog(uow, pinned)
    values = {
        "state": "active", "fired_to": uow.now, "history_to": uow.database.clock(), "reason": None,
    }  # fmt: skip
    _set_state(uow, access, key, values)
    past_states.note_resumed(uow, access, key)
    uow.after_commit(jobs.ringer(JOB))


def archive_rule(uow: UnitOfWork, access: Access, key: str) -> None:
    """Take a rule out of use for good: its runs end, its history stays."""
    access.require("edit_rules")
    label = book_of(uow).rules[key].rule.label if key in book_of(uow).rules else key
    store.archive(uow, access, "rule", key)
    end_runs(uow, [run.c.rule == key], "rule_archived", {"code": "rule-archived", "rule": label})
    _set_state(uow, access, key, {"state": "archived"})


def resolve_message(uow: UnitOfWork, access: Access, message_id: int, decision: str) -> None:
    """Decide about a message whose fate is unknown: it was ``sent``, or ``resend`` it."""
    access.require("send_messages")
    require_seen(uow, access, outbound, message_id, "no-message")
    values: dict[str, Any] = {"resolved_by": access.actor, "token": None}
    if decision == "sent":
        values |= {"status": "sent", "finished_at": uow.now}
    elif decision == "resend":
        values |= {
            "status": "queued", "due_at": uow.now, "meant_at": uow.now, "expires_at": None,
            "attempts": 0, "finished_at": None, "reason": None, "sending_at": None,
        }  # fmt: skip
    else:
        raise Conflict("unknown-decision")
    done = uow.execute(
        outbound.update()
        .where(outbound.c.id == message_id, outbound.c.status.in_(("unknown", "failed")))
        .values(**values)
    )
    if not done.rowcount:
        raise Conflict("message-is-settled", id=message_id)
    audit.note(uow, access, "message-resolved", str(message_id), after={"decision": decision})
    uow.after_commit(jobs.ringer(JOB))


def choose_provider(uow: UnitOfWork, access: Access, channel: str, provider: str) -> None:
    """Decide how the messages of a channel leave: ``outbox`` keeps them in the house."""
    access.require("manage_workspace")
    served = providers.find(provider)
    if served is None or channel not in served.channels:
        raise NotFound("no-provider", key=provider)
    values = {"provider": provider, "changed_at": uow.now, "changed_by": access.name}
    known = uow.execute(
        channel_setting.update().where(channel_setting.c.channel == channel).values(**values)
    )
    if not known.rowcount:
        uow.execute(channel_setting.insert().values(channel=channel, **values))


def _running(uow: UnitOfWork, key: str) -> PinnedRule:
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        raise NotFound("no-rule", key=key)
    return pinned


def whole_rule(uow: UnitOfWork, key: str) -> PinnedRule:
    """The same, for finding people: BrokenRule when there are none any more."""
    pinned = _running(uow, key)
    require_people(pinned.rule)
    table_of(pinned)
    return pinned


def _set_state(uow: UnitOfWork, access: Access, key: str, values: dict[str, Any]) -> None:
    changed: dict[str, Any] = {"changed_at": uow.now, "changed_by": access.name, **values}
    uow.execute(rule_state.update().where(rule_state.c.rule == key).values(**changed))


def state_of(uow: UnitOfWork, key: str) -> str | None:
    """``active``, ``paused`` or ``archived``; None for a rule never published."""
    found: str | None = uow.scalar(sa.select(rule_state.c.state).where(rule_state.c.rule == key))
    return found
