"""Comments, in the workspace's store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

comment = sa.Table(
    "comment",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("text", columns.Text, nullable=False),
    sa.Column("mentions", columns.Json, nullable=False),  # ids of members
    sa.Column("actor", columns.Text, nullable=False),  # as in Access.actor
    sa.Column("name", columns.Text, nullable=False),  # of who wrote it, as it was then
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("edited_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("comment_of_record", comment.c.form, comment.c.record, comment.c.id)
