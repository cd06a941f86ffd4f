"""What ends when a member is let go: the keys they made, and what builders above kept for them.

Their sessions open no door either.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Connection

from regulars.platform.accounts.tables import api_token
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.registry import Registry

Forget = Callable[[UnitOfWork, int], None]

kept_for_members: Registry[Forget] = Registry("thing kept for a member")
"""Each forgets what it keeps for one member, by their id."""


def forget_kept(uow: UnitOfWork, member_id: int) -> None:
    """Let go of whatever was kept for a member alone."""
    for forget in kept_for_members:
        forget(uow, member_id)


def revoke_tokens_of(
    connection: Connection, workspace: Workspace, member_id: int, *, now: datetime
) -> int:
    """End every token a leaving member has made; how many there were."""
    done = connection.execute(
        api_token.update()
        .where(
            api_token.c.made_by == member_id,
            api_token.c.workspace_id == workspace.id,
            api_token.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return int(done.rowcount)
