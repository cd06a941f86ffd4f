"""Where members' own views stand in a workspace's store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

own_view = sa.Table(
    "own_view",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("member", columns.BigInt, nullable=False),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("position", columns.BigInt, nullable=False),
    sa.Column("view", columns.Json, nullable=False),  # as in a form's definition, without a key
    sa.Column("changed_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("own_view_of_member", own_view.c.member, own_view.c.form, own_view.c.position)
"""A list as one member likes to see it; nobody else is shown it."""

list_start = sa.Table(
    "list_start",
    workspace_metadata,
    sa.Column("member", columns.BigInt, primary_key=True, autoincrement=False),
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("view", columns.Text, nullable=False),
    sqlite_strict=True,
)
"""The view, their own or a shared one, that a list opens with for a member."""
