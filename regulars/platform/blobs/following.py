"""Files follow a person through a merge, and go for good when the person is erased."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.blobs import service
from regulars.platform.blobs.tables import blob
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.followers import Counts, Move, PersonFollower


class BlobFollower(PersonFollower):
    """The files that records of people hold."""

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """How many files there are."""
        held = sa.select(sa.func.count()).where(blob.c.form == form, blob.c.record == record)
        return {"files": int(uow.scalar(held))}

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """The survivor holds them from now on."""
        return _hand_over(uow, move.form, move.drop, move.keep)

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """Those that went over go back."""
        _hand_over(uow, move.form, move.keep, move.drop, moved or [])

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Bytes and names are deleted, not only let go."""
        return {"blob": service.forget_record(uow, form, record)}


def _hand_over(
    uow: UnitOfWork, form: str, giver: int, taker: int, only: list[int] | None = None
) -> list[int]:
    where = [blob.c.form == form, blob.c.record == giver]
    if only is not None:
        where.append(blob.c.id.in_(only))
    changed = blob.update().where(*where).values(record=taker).returning(blob.c.id)
    return sorted(uow.execute(changed).scalars())
