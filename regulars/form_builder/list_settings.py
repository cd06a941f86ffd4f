"""What a member has changed of a list for themselves: one small row per member, form and view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.inserting import upsert

list_setting = sa.Table(
    "list_setting",
    workspace_metadata,
    sa.Column("member", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("view", columns.Text, primary_key=True),  # "" for the list without a view
    sa.Column("body", columns.Json, nullable=False),  # as `arranging.Arrangement` in a view
    sqlite_strict=True,
)


def own_settings(uow: UnitOfWork, access: Access, form: str, view: str) -> Mapping[str, Any]:
    """What this member has changed of a view; nothing for programs."""
    if access.member_id is None:
        return {}
    found: Mapping[str, Any] | None = uow.scalar(
        sa.select(list_setting.c.body).where(*_mine(access.member_id, form, view))
    )
    return found or {}


def keep_settings(
    uow: UnitOfWork, access: Access, form: str, view: str, body: Mapping[str, Any]
) -> None:
    """Keep it in place of what was kept; an empty body lets go of it."""
    if access.member_id is None:
        return
    if not body:
        uow.execute(list_setting.delete().where(*_mine(access.member_id, form, view)))
        return
    row = {"member": access.member_id, "form": form, "view": view, "body": dict(body)}
    upsert(uow, list_setting, [row], ("body",))


def _mine(member: int, form: str, view: str) -> tuple[sa.ColumnElement[bool], ...]:
    kept = list_setting.c
    return kept.member == member, kept.form == form, kept.view == view
