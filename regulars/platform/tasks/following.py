"""Tasks about a person follow them through a merge, and go when they are erased."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.followers import Counts, Move, PersonFollower
from regulars.platform.tasks.tables import task


class TaskFollower(PersonFollower):
    """The tasks about merged or erased people."""

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """How many tasks there are."""
        about = sa.select(sa.func.count()).where(task.c.form == form, task.c.record == record)
        return {"tasks": int(uow.scalar(about))}

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """They are about the survivor from now on."""
        return _hand_over(uow, move.form, move.drop, move.keep)

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """Those that went over go back."""
        _hand_over(uow, move.form, move.keep, move.drop, moved or [])

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Their words may name the person, so they go."""
        gone = uow.execute(task.delete().where(task.c.form == form, task.c.record == record))
        return {"tasks": gone.rowcount}


def _hand_over(
    uow: UnitOfWork, form: str, giver: int, taker: int, only: list[int] | None = None
) -> list[int]:
    where = [task.c.form == form, task.c.record == giver]
    if only is not None:
        where.append(task.c.id.in_(only))
    changed = task.update().where(*where).values(record=taker).returning(task.c.id)
    return sorted(uow.execute(changed).scalars())
