"""From what happened to what follows: ends and answers runs, starts runs, moves mirrors.

Transaction 2 of a change: everything an event causes and its mark "processed" commit together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.platform.faultpoint import faultpoint
from regulars.platform.inserting import upsert
from regulars.rule_engine import answering, mirror_following
from regulars.rule_engine.book import PinnedRule, active_rules, book_of
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.entering import Candidate, Entries, Watch, enter, key_text
from regulars.rule_engine.matching import fits, may_fit, meets_when, subject_of
from regulars.rule_engine.patience import is_about_the_store
from regulars.rule_engine.scope import TRIGGER
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.tables import event_failure
from regulars.rule_engine.triggers.base import Happened, trigger_kinds

BATCH = 200
FRESH = 4  # one in so many places of a batch is for what has just happened
MAX_ATTEMPTS = 10

log = logging.getLogger(__name__)


def ingest(
    database: Database, workspace: Workspace, now: Now, limit: int = BATCH,
    watch: Watch | None = None,
) -> int:  # fmt: skip
    """Digest the oldest waiting events; how many were taken in hand.

    ``watch`` is told who entered and who was kept out.

    One event that cannot be digested does not hold up the others: it is tried alone, later, and
    given up after ten attempts with what went wrong.
    """
    taken: list[int] = []
    try:
        with database.workspace_tx(workspace, now=now()) as uow:
            rows = _waiting(uow, limit)
            taken = [row.id for row in rows]
            if rows:
                _digest(uow, rows, watch or _nobody_watches)
        faultpoint("ingest-committed")
    except Exception as error:
        if not taken or is_about_the_store(error):
            raise
        log.exception("A batch of events could not be digested; they are tried one by one.")
        for event_id in taken:
            _alone(database, workspace, now, event_id)
    return len(taken)


def _waiting(uow: UnitOfWork, limit: int) -> list[Any]:
    """The events that have waited longest, and some of the newest: a single order does not wait
    behind a hundred thousand lines of an import. Those of one record stay in order."""
    fresh = limit // FRESH
    rows = _taken(uow, limit - fresh)
    if not fresh or len(rows) < limit - fresh:
        return rows
    newest = sa.select(event.c.id).where(*_undigested(), event.c.id > rows[-1].id)
    some = newest.order_by(event.c.id.desc()).limit(fresh).subquery()
    older = event.alias("older")
    earlier = sa.exists().where(
        older.c.form == event.c.form,
        older.c.record == event.c.record,
        older.c.processed_at.is_(None),
        older.c.id < event.c.id,
        older.c.id.not_in([row.id for row in rows]),
    )
    return rows + _taken(uow, fresh, event.c.id.in_(sa.select(some.c.id)), ~earlier)


def _undigested() -> tuple[sa.ColumnElement[bool], ...]:
    unfit = sa.select(event_failure.c.event)
    return event.c.processed_at.is_(None), event.c.id.not_in(unfit)


def _taken(uow: UnitOfWork, limit: int, *where: Any) -> list[Any]:
    statement = event.select().where(*_undigested(), *where).order_by(event.c.id).limit(limit)
    return list(uow.execute(statement.with_for_update(skip_locked=True, of=event)))


def _nobody_watches(_rule: str, _entries: Entries) -> None:
    pass


def _digest(uow: UnitOfWork, rows: Sequence[Any], watch: Watch) -> None:
    faultpoint("ingest-claimed")
    answering.answer_runs(uow, rows)
    _start_runs(uow, rows, watch)
    mirror_following.follow(uow, rows)
    faultpoint("ingest-mid")
    uow.execute(
        event.update().where(event.c.id.in_([row.id for row in rows])).values(processed_at=uow.now)
    )


def _start_runs(uow: UnitOfWork, rows: Sequence[Happened], watch: Watch) -> None:
    started_by = book_of(uow).started_by
    if not any(row.kind in started_by for row in rows):
        return
    active = active_rules(uow)
    records = StoredRecords(uow, catalog_of(uow))
    wanted: dict[str, list[Candidate]] = {}
    meant = [
        (pinned, row)
        for row in rows
        for pinned in started_by.get(row.kind, ())
        if pinned.rule.key in active and may_fit(pinned.rule.trigger, pinned.rule.subject, row)
    ]
    _read_ahead(records, meant)
    for pinned, row in meant:
        candidate = candidate_of(uow, records, pinned, row)
        if candidate is not None:
            wanted.setdefault(pinned.rule.key, []).append(candidate)
    for key, candidates in wanted.items():
        pinned = book_of(uow).rules[key]
        watch(key, enter(uow, pinned, _latest(pinned.rule, candidates)))


def _read_ahead(records: StoredRecords, meant: Sequence[tuple[PinnedRule, Happened]]) -> None:
    """What happened to whom, with one question for each form instead of one for each event."""
    for each in (_place_of, _subject_of):
        wanted: dict[str, set[int]] = {}
        for pinned, row in meant:
            form, record = each(records, pinned, row)
            if record is not None:
                wanted.setdefault(form, set()).add(record)
        for form, ids in wanted.items():
            records.preload(form, sorted(ids))


def _place_of(
    _records: StoredRecords, pinned: PinnedRule, row: Happened
) -> tuple[str, int | None]:
    return row.form or pinned.rule.subject, row.record


def _subject_of(
    records: StoredRecords, pinned: PinnedRule, row: Happened
) -> tuple[str, int | None]:
    return pinned.rule.subject, subject_of(records, pinned.rule.trigger, pinned.rule.subject, row)


def _latest(rule: Rule, candidates: list[Candidate]) -> list[Candidate]:
    """A burst of changes to one record, looked at together, is one entry: the record is the same
    for all of them by now. A key of the rule's own tells what is one entry by itself."""
    if rule.entry.key is not None or not trigger_kinds.get(rule.trigger.on).latest_only:
        return candidates
    return list({(each.record, each.trigger): each for each in candidates}.values())


def candidate_of(
    uow: UnitOfWork, records: StoredRecords, pinned: PinnedRule, happened: Any
) -> Candidate | None:
    """Whoever an event brings into a rule; None when it is not meant or the condition fails."""
    rule = pinned.rule
    if not fits(records, rule.trigger, rule.subject, happened):
        return None
    subject = subject_of(records, rule.trigger, rule.subject, happened)
    if subject is None or not meets_when(records, rule, subject):
        return None
    trigger = None
    kind = trigger_kinds.get(rule.trigger.on)
    if kind.about_records and happened.form is not None and happened.record is not None:
        trigger = (happened.form, happened.record)
    key = kind.entry_key(rule.trigger, happened)
    if rule.entry.key is not None:
        names = {} if trigger is None else {TRIGGER: list(trigger)}
        sight = RunSight(uow, rule.subject, subject, names)
        key = key_text(sight.value(pinned.entry_scope, rule.entry.key))
    return Candidate(subject, key, happened.at, happened.id, trigger, tuple(happened.chain))


def _alone(database: Database, workspace: Workspace, now: Now, event_id: int) -> None:
    """Digest one event of a batch that failed, or note why it cannot be."""
    try:
        with database.workspace_tx(workspace, now=now()) as uow:
            row = uow.execute(
                event.select()
                .where(event.c.id == event_id, event.c.processed_at.is_(None))
                .with_for_update(skip_locked=True)
            ).first()
            if row is not None:
                _digest(uow, [row], _nobody_watches)
    except Exception as error:
        if is_about_the_store(error):
            raise
        log.exception("Event %s cannot be digested.", event_id)
        with database.workspace_tx(workspace, now=now()) as uow:
            _note_failure(uow, event_id, error)


def _note_failure(uow: UnitOfWork, event_id: int, error: Exception) -> None:
    known = uow.execute(event_failure.select().where(event_failure.c.event == event_id)).first()
    attempts = (known.attempts if known else 0) + 1
    values = {
        "event": event_id, "attempts": attempts, "error": f"{type(error).__name__}: {error}"[:500],
        "gave_up": attempts >= MAX_ATTEMPTS, "at": uow.now,
    }  # fmt: skip
    upsert(uow, event_failure, [values], ("attempts", "error", "gave_up", "at"))
    if attempts >= MAX_ATTEMPTS:
        uow.execute(event.update().where(event.c.id == event_id).values(processed_at=uow.now))


def retry_failures(database: Database, workspace: Workspace, now: Now) -> int:
    """Try events again that could not be digested; how many were tried."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        ids = _failed(uow)
    for event_id in ids:
        _alone(database, workspace, now, event_id)
    return len(ids)


def has_failures(uow: UnitOfWork) -> bool:
    """Whether events wait that could not be digested."""
    return bool(_failed(uow))


def _failed(uow: UnitOfWork) -> list[int]:
    waiting = (
        sa.select(event_failure.c.event)
        .join(event, event.c.id == event_failure.c.event)
        .where(event.c.processed_at.is_(None))
        .order_by(event_failure.c.event)
        .limit(BATCH)
    )
    return list(uow.execute(waiting).scalars())
