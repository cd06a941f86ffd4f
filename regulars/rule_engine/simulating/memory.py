"""What the engine itself remembers, wound back: consents, runs, messages, who was let in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import upsert
from regulars.platform.privacy.ledger import consent_entry, consent_state
from regulars.rule_engine.simulating.rewinding import Apply, Happening, Past
from regulars.rule_engine.simulating.span import Span
from regulars.rule_engine.tables import (
    decision,
    event_failure,
    fire,
    mirror_state,
    outbound,
    rule_state,
    run,
    run_step,
)

_LAST = 1 << 60  # after everything else of the same instant
Said = tuple[str, int, str, str]


def forget(uow: UnitOfWork, rule: str, span: Span, past: Past) -> None:
    """Wind the engine's own tables back; what others did to people happens again."""
    for table in (event_failure, decision, fire, mirror_state):
        uow.execute(table.delete())
    uow.execute(outbound.delete().where(outbound.c.status.in_(("queued", "sending"))))
    own = sa.select(run.c.id).where(run.c.rule == rule, run.c.created_at > span.start)
    uow.execute(run_step.delete().where(run_step.c.run.in_(own)))
    uow.execute(outbound.delete().where(outbound.c.run.in_(own)))
    uow.execute(run.delete().where(run.c.rule == rule, run.c.created_at > span.start))
    uow.execute(rule_state.update().values(state="paused").where(rule_state.c.state == "active"))
    past.happenings += _runs(uow, span)
    past.happenings += _messages(uow, span)
    past.happenings += _consents(uow, span)
    past.happenings.sort(key=lambda each: each.place)


def _runs(uow: UnitOfWork, span: Span) -> Iterable[Happening]:
    """Runs of other rules live for as long as they really did, and do nothing meanwhile."""
    later = sa.or_(run.c.finished_at > span.start, run.c.status == "live")
    found: list[Happening] = []
    for row in uow.execute(run.select().where(later)).mappings().all():
        values = {**row, "id": -row["id"]}  # no number that a simulated run may get
        idle = {**values, "status": "live", "due_at": None, "token": None, "wait_kind": None}
        uow.execute(run.delete().where(run.c.id == row["id"]))
        if span.start < row["entered_at"]:
            found.append(Happening(row["entered_at"], _LAST, None, _inserting(run, idle)))
        else:
            uow.execute(run.insert().values(idle))
        if row["finished_at"] is not None:
            ended = {name: values[name] for name in ("status", "outcome", "finished_at")}
            found.append(
                Happening(row["finished_at"], _LAST + 1, None, _ending(values["id"], ended))
            )
    return [each for each in found if each.at <= span.end]


def _messages(uow: UnitOfWork, span: Span) -> Iterable[Happening]:
    """What other rules sent counts for caps from when it was sent."""
    sent = outbound.c.sending_at > span.start
    found = [
        {**row, "id": -row["id"], "idempotency_key": f"real:{row['idempotency_key']}"}
        for row in uow.execute(outbound.select().where(sent)).mappings()
    ]
    uow.execute(outbound.delete().where(sent))
    return [
        Happening(row["sending_at"], _LAST, None, _inserting(outbound, row))
        for row in found
        if row["sending_at"] <= span.end
    ]


def _consents(uow: UnitOfWork, span: Span) -> Iterable[Happening]:
    """Everybody's word as of the start; what they said later they say again then."""
    words = uow.execute(
        consent_entry.select()
        .where(consent_entry.c.action.in_(("grant", "withdraw")))
        .order_by(consent_entry.c.at, consent_entry.c.id)
    ).all()
    said: dict[Said, bool] = {}
    moved: set[Said] = set()
    found = []
    for row in words:
        key = (row.form, row.record, row.purpose, row.channel)
        granted = row.action == "grant"
        if span.start < row.at <= span.end:
            turned = said.get(key) is not granted
            found.append(_word(key, granted, row.at, row.id, turned=turned))
        if row.at > span.start:
            moved.add(key)
        said[key] = granted
    _set_states(uow, words, moved, span)
    return found


def _set_states(uow: UnitOfWork, words: Iterable[Any], moved: set[Said], span: Span) -> None:
    for key in moved:
        uow.execute(consent_state.delete().where(*_is(key)))
    before = {
        (row.form, row.record, row.purpose, row.channel): row
        for row in words
        if row.at <= span.start
    }
    for key in moved & before.keys():
        row = before[key]
        values = _state(key, row.action == "grant", row.at)
        uow.execute(consent_state.insert().values(values))


def _word(key: Said, granted: bool, at: datetime, order: int, *, turned: bool) -> Happening:
    def say(uow: UnitOfWork) -> None:
        upsert(uow, consent_state, [_state(key, granted, at)], ("granted", "at"))

    told: dict[str, Any] = {
        "kind": "consent_granted" if granted else "consent_withdrawn", "form": key[0],
        "record": key[1], "changes": None, "data": {"purpose": key[2], "channel": key[3]},
        "actor": "system", "chain": [], "dedupe_key": None, "historic": False, "at": at,
        "processed_at": None,
    }  # fmt: skip
    return Happening(at, order, told if turned else None, say)


def _state(key: Said, granted: bool, at: datetime) -> dict[str, Any]:
    names = ("form", "record", "purpose", "channel")
    return {**dict(zip(names, key, strict=True)), "granted": granted, "at": at}


def _is(key: Said) -> tuple[Any, ...]:
    names = ("form", "record", "purpose", "channel")
    return tuple(consent_state.c[n] == v for n, v in zip(names, key, strict=True))


def _inserting(table: sa.Table, values: Mapping[str, Any]) -> Apply:
    def insert(uow: UnitOfWork) -> None:
        uow.execute(table.insert().values(values))

    return insert


def _ending(run_id: int, values: Mapping[str, Any]) -> Apply:
    def end(uow: UnitOfWork) -> None:
        uow.execute(run.update().where(run.c.id == run_id).values(**values))

    return end
