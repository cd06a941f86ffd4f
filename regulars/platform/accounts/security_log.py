"""What an owner reads about the safety of a workspace, in one place, newest first.

Two sources are laid together: what was done here (`audit`: rights, keys, exports, backups,
sending) and how its members came in (`trail`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import trail
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.audit import audit
from regulars.platform.accounts.tables import member
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

PAGE = 100
FROM_THE_START = 10**17
_CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True)
class LogEntry:
    """One line. ``target`` is whom or what; of a sign-in ``address`` is from where."""

    id: str
    at: datetime
    actor: str
    actor_name: str
    action: str
    target: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    address: str = ""


def list_log(
    uow: UnitOfWork, access: Access, *, below: str | None = None, strangers: bool = False
) -> tuple[list[LogEntry], str | None]:
    """A page of lines, and where to go on: None at the end.

    With ``strangers`` also tries to come in with an address that belongs to nobody.
    """
    access.require("view_audit")
    marks = _marks(below)
    found = [*_done_here(uow, access, marks[0]), *_came_in(uow, marks[1], strangers=strangers)]
    found.sort(key=lambda each: (each[1].at, each[0]), reverse=True)
    shown = found[:PAGE]
    here = _lowest([n for n, entry in shown if entry.id[0] == "a"], marks[0])
    ways_in = _lowest([n for n, entry in shown if entry.id[0] == "m"], marks[1])
    more = len(found) > PAGE
    return [entry for _number, entry in shown], (f"{here}-{ways_in}" if more else None)


def _lowest(numbers: list[int], mark: int | None) -> int:
    """Below which line a source goes on; one of which nothing was shown yet, from its start."""
    return min(numbers) if numbers else (FROM_THE_START if mark is None else mark)


def _marks(below: str | None) -> tuple[int | None, int | None]:
    if below is None:
        return None, None
    found = _CURSOR.fullmatch(below)
    if found is None:
        raise Invalid([Problem("below", "bad-cursor")])
    return int(found[1]), int(found[2])


def _done_here(uow: UnitOfWork, access: Access, below: int | None) -> list[tuple[int, LogEntry]]:
    statement = audit.select().order_by(audit.c.id.desc()).limit(PAGE + 1)
    if below is not None:
        statement = statement.where(audit.c.id < below)
    return [
        (
            row.id,
            LogEntry(
                f"a{row.id}", row.at, row.actor, row.actor_name, row.action, row.target,
                before=_told(uow, access, row.action, row.before),
                after=_told(uow, access, row.action, row.after),
            ),
        )
        for row in uow.execute(statement)
    ]  # fmt: skip


def _told(
    uow: UnitOfWork, access: Access, action: str, side: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """A role that was changed, without fields that the reader does not know of."""
    if side is None or action not in ("role-published", "role-archived"):
        return side
    return seeing.told(uow, access, "role", side)


def _came_in(uow: UnitOfWork, below: int | None, *, strangers: bool) -> list[tuple[int, LogEntry]]:
    members = dict(map(tuple, uow.execute(sa.select(member.c.user_id, member.c.id))))
    with uow.database.main_tx(write=False) as connection:
        rows = trail.lines_of(
            connection, list(members), strangers=strangers, below=below, limit=PAGE + 1
        )
    return [
        (
            row.id,
            LogEntry(
                f"m{row.id}", row.at,
                f"member:{members[row.user_id]}" if row.user_id in members else "nobody",
                row.name, row.action, row.agent, address=row.address,
            ),
        )
        for row in rows
    ]  # fmt: skip
