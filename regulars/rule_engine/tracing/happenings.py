"""What happened, for a trace: what started a run, and what ended one of its waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.history import history
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.i18n import translate
from regulars.rule_engine.definition import Rule, Trigger
from regulars.rule_engine.explain import trigger_words
from regulars.rule_engine.overview import RunRow
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.tracing.changes import Source

CLOCKED = ("scan", "once", "date_field")
_NARROWING = ("name", "hook", "type", "rule", "value")  # what an event says that its words take


@dataclass(frozen=True)
class Happening:
    """One thing that happened. ``code`` is an event's kind, the clock's trigger, or ``manual``,
    ``called``, ``enrolled``; ``words`` say it in the reader's language.

    ``form``, ``record``, ``title``: the record it is about, when the reader may see it. ``run``
    is the run that caused it; ``data`` is what an event carries.
    """

    code: str
    at: datetime
    words: str
    event: int | None = None
    form: str | None = None
    record: int | None = None
    title: str | None = None
    run: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def start_of(uow: UnitOfWork, access: Access, row: RunRow, rule: Rule | None) -> Happening:
    """What started a run."""
    if row.trigger_event is not None:
        found = event_told(uow, access, row.trigger_event, rule)
        if found is not None:
            return found
    caller = row.entry_key.removeprefix("called:").partition(":")[0]
    if row.entry_key.startswith("called:") and caller.isdecimal():
        words = translate("rules.started.called", access.locale)
        return Happening("called", row.entered_at, words, run=int(caller))
    code = _code(row, rule)
    if code in CLOCKED and rule is not None:
        words = trigger_words(speaker(uow, access), rule, rule.trigger)
    else:
        words = translate(f"rules.started.{code}", access.locale)
    return Happening(code, row.entered_at, words)


def _code(row: RunRow, rule: Rule | None) -> str:
    if row.entry_key.startswith("manual:"):
        return "manual"
    return rule.trigger.on if rule is not None and rule.trigger.on in CLOCKED else "enrolled"


def event_told(
    uow: UnitOfWork, access: Access, number: int, rule: Rule | None
) -> Happening | None:
    """One event as a trace tells it; None when it is no longer there."""
    row = uow.execute(event.select().where(event.c.id == number)).first()
    if row is None:
        return None
    title = None
    if row.form is not None and row.record is not None:
        known = titles_of(uow, access, catalog_for(uow, access), {row.form: [row.record]})
        title = known.get((row.form, row.record))
    data = row.data or {}
    own = {name: data[name] for name in _NARROWING if data.get(name)}
    if rule is None:
        words = row.kind
    else:
        trigger = Trigger(row.kind, row.form, settings=own)
        words = trigger_words(speaker(uow, access), rule, trigger)
    return Happening(
        row.kind, row.at, words, row.id, row.form if title else None,
        row.record if title else None, title, _caused_by(uow, row), data,
    )  # fmt: skip


def _caused_by(uow: UnitOfWork, row: Any) -> int | None:
    """The run that made a change which then was an event."""
    if not row.chain or row.form is None or row.record is None:
        return None
    rows = uow.execute(
        sa.select(history.c.ref, history.c.changes)
        .where(
            history.c.form == row.form, history.c.record == row.record, history.c.at == row.at,
            history.c.origin == "rule",
        )
        .order_by(history.c.id)
    ).all()  # fmt: skip
    same = [each for each in rows if each.changes == row.changes] or rows
    source = Source.read(same[0].ref) if same else None
    return None if source is None else source.run
