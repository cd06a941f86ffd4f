"""Letting the backlog in by and by: so many people on each of the shop's days."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.rule_engine.book import book_of
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.scans import BrokenRule
from regulars.rule_engine.service import enrol_people
from regulars.rule_engine.starting_many import let_in_waiting
from regulars.rule_engine.tables import rule_state

log = logging.getLogger(__name__)


def enrol_by_day(database: Database, workspace: Workspace, now: Now) -> int:
    """Let in today's share of every rule that has one left; how many people entered."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        waiting = [row.rule for row in _waiting(uow)]
    entered = 0
    for rule in waiting:
        try:
            with database.workspace_tx(workspace, now=now()) as uow:
                for row in _waiting(uow, rule):
                    entered += _share(uow, row)
        except BrokenRule:
            log.warning(
                "Rule %s speaks of fields that are gone; nobody of its backlog enters.", rule
            )
    return entered


def has_shares(uow: UnitOfWork) -> bool:
    """Whether some rule has a share left that nobody has let in today."""
    return bool(_waiting(uow))


def _share(uow: UnitOfWork, row: Any) -> int:
    """One day's share; when it was not used up, everybody is in."""
    entered = let_in_waiting(uow, row.rule, row.enrol_per_day)
    if entered < row.enrol_per_day and _has_backlog(uow, row.rule):
        access = system_access(uow.workspace.locale)
        done = enrol_people(uow, access, row.rule, limit=row.enrol_per_day - entered)
        entered += done.entered
    rest = row.enrol_per_day if entered >= row.enrol_per_day else None
    uow.execute(
        rule_state.update()
        .where(rule_state.c.rule == row.rule)
        .values(enrolled_on=_today(uow), enrol_per_day=rest)
    )
    return entered


def _has_backlog(uow: UnitOfWork, key: str) -> bool:
    """Whether those who fit come in by and by, besides those that somebody started it for."""
    pinned = book_of(uow).rules.get(key)
    return pinned is not None and pinned.rule.entry.backlog == "enrol"


def _waiting(uow: UnitOfWork, rule: str | None = None) -> list[Any]:
    """Active rules with a share that nobody has let in today; locked against a second ticker."""
    statement = rule_state.select().where(
        rule_state.c.state == "active",
        rule_state.c.enrol_per_day.is_not(None),
        sa.or_(rule_state.c.enrolled_on.is_(None), rule_state.c.enrolled_on < _today(uow)),
    )
    if rule is not None:
        statement = statement.where(rule_state.c.rule == rule).with_for_update()
    return list(uow.execute(statement))


def _today(uow: UnitOfWork) -> str:
    return uow.now.astimezone(uow.workspace.tz).date().isoformat()
