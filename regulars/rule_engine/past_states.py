"""Whether a rule ran, and whether all sending was stopped, at an earlier instant: by the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.hold import find_hold
from regulars.rule_engine.tables import rule_state

PAUSED, RESUMED = "rule-paused", "rule-resumed"
_STOPPED, _GOES_ON = "sending-stopped", ("hold-lifted", "sending-resumed")


@dataclass(frozen=True)
class StateThen:
    """How a rule stood: ``active``, ``paused``, ``archived``; since when, by whom and why.

    ``certain`` is False where nothing was kept and today's state is all there is.
    """

    state: str
    since: datetime | None = None
    by: str = ""
    reason: dict[str, Any] | None = None
    certain: bool = True


def note_state(uow: UnitOfWork, access: Access, rule: str, reason: Any = None) -> None:
    """Log that a rule was paused; with ``reason`` when it paused itself."""
    audit.note(uow, access, PAUSED, rule, after={"because": reason} if reason else None)


def note_resumed(uow: UnitOfWork, access: Access, rule: str) -> None:
    """Log that a rule acts again."""
    audit.note(uow, access, RESUMED, rule)


def state_at(uow: UnitOfWork, rule: str, at: datetime) -> StateThen:
    """How a rule stood at an instant, now included."""
    row = uow.execute(rule_state.select().where(rule_state.c.rule == rule)).first()
    if row is None:
        return StateThen("draft")
    now = StateThen(row.state, row.changed_at, row.changed_by, row.reason)
    if row.changed_at <= at:
        return now
    turns = (PAUSED, RESUMED)
    last = _line(uow, turns, rule, audit.audit.c.at <= at, newest=True)
    if last is not None:
        paused = last.action == PAUSED
        reason = (last.after or {}).get("because")
        return StateThen("paused" if paused else "active", last.at, last.actor_name, reason)
    first = _line(uow, turns, rule, audit.audit.c.at > at, newest=False)
    if first is not None:
        return StateThen("active" if first.action == PAUSED else "paused")
    return StateThen(row.state, certain=False)


def was_stopped(uow: UnitOfWork, at: datetime) -> bool:
    """Whether all sending was stopped at an instant."""
    hold = find_hold(uow)
    if hold is not None and hold.since <= at:
        return True
    last = _line(uow, (_STOPPED, *_GOES_ON), None, audit.audit.c.at <= at, newest=True)
    return last is not None and last.action == _STOPPED


def _line(
    uow: UnitOfWork, actions: tuple[str, ...], target: str | None, when: Any, *, newest: bool
) -> Any:
    """The newest or oldest line of the log about these actions."""
    log = audit.audit
    where = [log.c.action.in_(actions), when]
    if target is not None:
        where.append(log.c.target == target)
    order = log.c.id.desc() if newest else log.c.id
    return uow.execute(sa.select(log).where(*where).order_by(order).limit(1)).first()
