"""Rows about one person each, named by ``form`` and ``record``: they follow, and they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.followers import Counts, Move, PersonFollower


@dataclass(frozen=True)
class RowFollower(PersonFollower):
    """The rows of ``table`` (``id``, ``form``, ``record``), counted as ``name``.

    They go over to the survivor of a merge. On erasure they are deleted: their words may name the
    person.
    """

    table: sa.Table
    name: str

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """How many there are."""
        about = sa.select(sa.func.count()).select_from(self.table)
        return {self.name: int(uow.scalar(about.where(*self._about(form, record))))}

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """They are about the survivor from now on."""
        return self._hand_over(uow, move.form, move.drop, move.keep)

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """Those that went over go back."""
        self._hand_over(uow, move.form, move.keep, move.drop, moved or [])

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Delete them."""
        gone = uow.execute(self.table.delete().where(*self._about(form, record)))
        return {self.name: gone.rowcount}

    def _about(self, form: str, record: int) -> tuple[sa.ColumnElement[bool], ...]:
        return self.table.c.form == form, self.table.c.record == record

    def _hand_over(
        self, uow: UnitOfWork, form: str, giver: int, taker: int, only: list[int] | None = None
    ) -> list[int]:
        where = [*self._about(form, giver)]
        if only is not None:
            where.append(self.table.c.id.in_(only))
        changed = self.table.update().where(*where).values(record=taker)
        return sorted(uow.execute(changed.returning(self.table.c.id)).scalars())
