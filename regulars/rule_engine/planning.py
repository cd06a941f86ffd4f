"""Schedules: the slots that have come are written down, each once, whoever notices first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.inserting import insert_new
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.tables import fire, mirror_state, rule_state

CLOCKS_APART = timedelta(hours=1)
"""What is settled for longer ahead than this was settled by a clock that went wrong."""


def plan_fires(database: Database, workspace: Workspace, now: Now) -> int:
    """Write down the slots of schedules that have come; how many are new."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        if not has_slots(uow):
            return 0
    faultpoint("C0")
    with database.workspace_tx(workspace, now=now()) as uow:
        _set_back(uow)
        made = 0
        for key, slots in _passed(uow).items():
            made += _note_slots(uow, key, slots)
            faultpoint("C2")
    faultpoint("C1")
    return made


def has_slots(uow: UnitOfWork) -> bool:
    """Whether anything has come, or is settled for a time that is not to come for long."""
    return bool(_passed(uow)) or _is_ahead(uow)


def _passed(uow: UnitOfWork) -> dict[str, list[datetime]]:
    """Rules with slots since they were settled last, and the slots to work on (maybe none)."""
    states = {row.rule: row for row in uow.execute(rule_state.select())}
    zone = uow.workspace.tz
    found = {}
    for pinned, schedule in book_of(uow).scheduled:
        state = states.get(pinned.rule.key)
        if state is None or state.state != "active":
            continue
        if schedule.latest(state.fired_to, uow.now, zone) is not None:
            found[pinned.rule.key] = schedule.due(state.fired_to, uow.now, zone)
    return found


def _note_slots(uow: UnitOfWork, key: str, slots: list[datetime]) -> int:
    version = book_of(uow).rules[key].version
    rows = [
        {
            "rule": key, "version": version, "scheduled_for": slot, "state": "due",
            "due_at": slot, "attempts": 0, "created_at": uow.database.clock(),
        }
        for slot in slots
    ]  # fmt: skip
    made = insert_new(uow, fire, rows, "id")
    uow.execute(
        rule_state.update()
        .where(rule_state.c.rule == key, rule_state.c.fired_to < uow.now)
        .values(fired_to=uow.now)
    )
    return len(made)


def _settled(uow: UnitOfWork) -> list[tuple[sa.Table, str, datetime]]:
    """What says up to when something is settled, and the present it goes by."""
    clock = uow.database.clock()
    return [
        (rule_state, "fired_to", uow.now), (rule_state, "history_to", clock),
        (mirror_state, "as_of", uow.now), (mirror_state, "history_to", clock),
    ]  # fmt: skip


def _ahead(table: sa.Table, name: str, present: datetime) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = table.c[name] > present + CLOCKS_APART
    return found


def _is_ahead(uow: UnitOfWork) -> bool:
    """Whether the clock once showed a time that it does not show any more."""
    wrong: list[Any] = [sa.exists().where(_ahead(*each)) for each in _settled(uow)]
    return bool(uow.scalar(sa.select(sa.or_(*wrong))))


def _set_back(uow: UnitOfWork) -> None:
    """Let nothing count as settled that lies far ahead: no rule would look until then.

    A slot that was worked on stays worked on, so none comes twice.
    """
    for table, name, present in _settled(uow):
        ahead = _ahead(table, name, present)
        uow.execute(table.update().where(ahead).values({name: present}))


def next_fires(uow: UnitOfWork) -> dict[str, datetime]:
    """When each clock rule looks next."""
    active = active_rules(uow)
    book = book_of(uow)
    schedules = [(p.rule.key, s) for p, s in book.scheduled]
    schedules += [
        (p.rule.key, s) for p in book.mirrors if (s := Schedule.of(p.rule.trigger)) is not None
    ]
    zone = uow.workspace.tz
    known = {key: each.next(uow.now, zone) for key, each in schedules if key in active}
    return {key: at for key, at in known.items() if at is not None}
