"""The log of who changed what somebody may do: roles, members, invitations, keys, refusals.

Secrets never come here: no password, no token, no address of a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork, workspace_metadata

PAGE = 100

audit = sa.Table(
    "audit",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("action", columns.Text, nullable=False),  # member-changed, role-published …
    sa.Column("target", columns.Text, nullable=False),  # whom or what, in words
    sa.Column("before", columns.Json),
    sa.Column("after", columns.Json),
    sqlite_strict=True,
)

ACTIONS = (
    "member-added", "member-changed", "member-gone", "member-back", "invited",
    "invitation-withdrawn", "token-made", "token-revoked", "role-published", "role-archived",
    "refused", "sending-changed", "sending-stopped", "sending-resumed", "channel-changed",
    "channel-removed", "message-resolved", "address-suppressed", "today-changed", "address-freed",
)  # fmt: skip


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    target: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def note(
    uow: UnitOfWork, access: Access, action: str, target: str, *,
    before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write one line; it stands or falls with what it tells of."""
    assert action in ACTIONS
    uow.execute(
        audit.insert().values(
            at=uow.now, actor=access.actor, actor_name=access.name, action=action,
            target=target[:200], before=before, after=after,
        )
    )  # fmt: skip


def list_audit(
    uow: UnitOfWork, access: Access, *, below: int | None = None
) -> tuple[list[AuditEntry], int | None]:
    """The latest lines (before the line ``below``) and where to go on, None at the end."""
    access.require("view_audit")
    statement = audit.select().order_by(audit.c.id.desc()).limit(PAGE + 1)
    if below is not None:
        statement = statement.where(audit.c.id < below)
    rows = uow.execute(statement).all()
    found = [
        AuditEntry(
            row.id, row.at, row.actor, row.actor_name, row.action, row.target, row.before,
            row.after,
        )
        for row in rows[:PAGE]
    ]  # fmt: skip
    return found, (found[-1].id if len(rows) > PAGE else None)
