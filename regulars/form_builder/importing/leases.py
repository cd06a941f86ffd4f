"""Who works on a batch: one at a time, for as long as they show signs of life.

``due_at`` is when anybody may take the batch up (again); ``token`` rises with every taker, so that
one who was thought dead and comes back finds the batch taken and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.importing.batches import WORKING, Batch, batch_of
from regulars.form_builder.importing.tables import import_batch
from regulars.platform.db import Database, UnitOfWork, Workspace

LEASE = timedelta(seconds=60)
MOST_TRIES = 5


class LeaseLost(Exception):
    """Somebody else has taken the batch up, or it was halted."""


def due_batches(uow: UnitOfWork) -> list[int]:
    """The batches that wait for somebody, oldest first."""
    statement = (
        sa.select(import_batch.c.id)
        .where(import_batch.c.due_at.is_not(None), import_batch.c.due_at <= uow.now)
        .order_by(import_batch.c.id)
    )
    return list(uow.execute(statement).scalars())


def next_due(uow: UnitOfWork) -> datetime | None:
    """When the next batch may be taken up, or None."""
    found: datetime | None = uow.scalar(sa.select(sa.func.min(import_batch.c.due_at)))
    return found


class Lease:
    """The right to work on one batch."""

    def __init__(self, database: Database, workspace: Workspace, batch: Batch, token: int) -> None:
        self.database = database
        self.workspace = workspace
        self.batch = batch
        self.token = token
        self.watch: Callable[[str, int, int], None] = lambda _phase, _done, _total: None
        self._phase, self._done, self._total = "", 0, 0

    def hold(self, uow: UnitOfWork, **values: Any) -> None:
        """Go on holding it, in the transaction of the work itself; LeaseLost when it is gone.

        Progress made (``values``) means the work does not fail for ever: the tries start again.
        """
        self._set(uow, due_at=uow.now + LEASE, tries=0, **values)

    def beat(self, **values: Any) -> None:
        """A sign of life between transactions."""
        with self.database.workspace_tx(self.workspace) as uow:
            self._set(uow, due_at=uow.now + LEASE, **values)

    def finish(self, uow: UnitOfWork, state: str, **values: Any) -> None:
        """Lay the batch down in its new state."""
        self._set(uow, state=state, due_at=None, phase="", finished_at=uow.now, **values)

    def _set(self, uow: UnitOfWork, **values: Any) -> None:
        done = uow.execute(
            import_batch.update()
            .where(import_batch.c.id == self.batch.id, import_batch.c.token == self.token)
            .values(**values)
        )
        if done.rowcount != 1:
            raise LeaseLost(str(self.batch.id))
        self._phase = values.get("phase", self._phase)
        self._done = values.get("work_done", self._done)
        self._total = values.get("work_total", self._total)
        self.watch(self._phase, self._done, self._total)


def claim(database: Database, workspace: Workspace, batch_id: int) -> Lease | None:
    """Take a due batch up; None when it is not due, or somebody was faster.

    A batch that failed again and again without getting on is stopped.
    """
    with database.workspace_tx(workspace) as uow:
        mine = sa.and_(
            import_batch.c.id == batch_id,
            import_batch.c.state.in_(WORKING),
            import_batch.c.due_at <= uow.now,
        )
        taken = uow.execute(
            import_batch.update()
            .where(mine)
            .values(
                due_at=uow.now + LEASE,
                token=import_batch.c.token + 1,
                tries=import_batch.c.tries + 1,
            )
        )
        if taken.rowcount != 1:
            return None
        row = uow.execute(import_batch.select().where(import_batch.c.id == batch_id)).one()
        lease = Lease(database, workspace, batch_of(row), row.token)
        if row.tries > MOST_TRIES:
            lease.finish(uow, "stopped", error={"code": "import-keeps-failing", "params": {}})
            return None
        return lease
