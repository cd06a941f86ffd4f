"""Where a shop's sending policy is kept, and how much of today's budget is used."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.store_notes import read_note, workspace_note, write_note
from regulars.rule_engine.judging import Spent, start_of_day
from regulars.rule_engine.policy import SendingPolicy, read_policy
from regulars.rule_engine.tables import outbound

_NAME = "sending"
COUNTED = ("sending", "sent", "unknown")


def policy_of(uow: UnitOfWork) -> SendingPolicy:
    """What this shop has decided; nothing is limited until it has."""
    known: SendingPolicy | None = uow.memo.get(_NAME)
    if known is None:
        raw = read_note(uow.connection, _NAME)
        known = SendingPolicy() if raw is None else read_policy(raw)[0]
        uow.memo[_NAME] = known
    return known


def change_policy(uow: UnitOfWork, access: Access, raw: Any) -> SendingPolicy:
    """Decide anew; Invalid with every problem. What is not named is not limited."""
    access.require("manage_workspace")
    policy, problems = read_policy(raw)
    if problems:
        raise Invalid(problems)
    before = policy_of(uow).as_json()
    if before == policy.as_json():
        return policy
    write_note(uow.connection, _NAME, policy.as_json(), now=uow.now)
    uow.memo[_NAME] = policy
    audit.note(uow, access, "sending-changed", "", before=before, after=policy.as_json())
    return policy


def spent_today(uow: UnitOfWork, *, lock: bool = False) -> Spent:
    """What has left since the shop's midnight; with ``lock`` nobody else judges meanwhile."""
    if lock:
        note = sa.select(workspace_note.c.name).where(workspace_note.c.name == _NAME)
        uow.execute(note.with_for_update()).all()
    since = start_of_day(uow.now, uow.workspace.tz)
    row = uow.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(outbound.c.cost), 0)).where(
            outbound.c.sending_at >= since,
            outbound.c.status.in_(COUNTED),
            outbound.c.channel.in_(CHANNELS),
        )
    ).one()
    return Spent(int(row[0]), int(row[1]))
