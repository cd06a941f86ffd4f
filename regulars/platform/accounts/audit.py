"""The log of who changed what somebody may do, and of what left the house as a whole.

Secrets never come here: no password, no token, no address of a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork, workspace_metadata

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
    "looked-as", "exported", "person-exported", "backup-downloaded", "restore-asked",
    "hold-lifted", "password-link-made", "factor-link-made", "rule-paused", "rule-resumed",
    "rule-edited", "rule-published", "rule-archived", "rule-enrolled", "rule-started",
    "message-edited", "message-published", "message-archived", "report-run",
    "case-kept", "case-dropped", "cases-overruled",
)  # fmt: skip


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


def note_apart(
    uow: UnitOfWork, access: Access, action: str, target: str, *,
    after: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """As `note`, from a transaction that only reads: something left the house."""
    with uow.database.workspace_tx(uow.workspace, now=uow.now) as other:
        note(other, access, action, target, after=after)
