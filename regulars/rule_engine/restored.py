"""The engine's part of a restore: work in hand is let go, and an owner decides what still leaves.

A backup is older than what happened after it: a message that waited then may long have been sent.
"""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform.backups.hooks import Came
from regulars.platform.db import UnitOfWork
from regulars.platform.hold import find_hold
from regulars.rule_engine.tables import fire, outbound, run

_WAITING = outbound.c.status == "queued"
REASON = {"code": "restored"}
STOPPED = {"code": "sending-stopped"}


class LetGo:
    """Leases of processes that are not there any more end; their keys stay, so nothing doubles."""

    def keep(self, uow: UnitOfWork) -> None:
        """Nothing of the store before."""

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Runs wait where they stood; a message that was leaving becomes one to decide about."""
        for table, live in ((run, run.c.status == "live"), (fire, fire.c.state == "due")):
            taken = sa.and_(live, table.c.token.is_not(None))
            uow.execute(table.update().where(taken).values(token=None, due_at=uow.now))
        uow.execute(
            outbound.update()
            .where(outbound.c.status == "sending")
            .values(status="unknown", token=None, reason=REASON, finished_at=uow.now)
        )


class HeldMessages:
    """Messages that wait behind the brake."""

    def count(self, uow: UnitOfWork) -> int:
        """How many were waiting when the backup was made."""
        counted = sa.select(sa.func.count()).select_from(outbound).where(_WAITING)
        return int(uow.scalar(counted))

    def drop(self, uow: UnitOfWork, actor: str) -> int:
        """Never send them; they stay in the list with the reason."""
        held = find_hold(uow)
        reason = REASON if held is None or held.is_restore else STOPPED
        done = uow.execute(
            outbound.update()
            .where(_WAITING)
            .values(
                status="suppressed", token=None, reason=reason, resolved_by=actor,
                finished_at=uow.now,
            )
        )  # fmt: skip
        return int(done.rowcount)
