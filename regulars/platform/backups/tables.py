"""The list of backups and how often they are made. Both stand in the main store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import main_metadata

backup = sa.Table(
    "backup",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("workspace_id", columns.BigInt, index=True),  # None: the people and their accounts
    sa.Column("slot", columns.Text, nullable=False, unique=True),  # one backup per day and store
    sa.Column("kind", columns.Text, nullable=False),  # daily, manual, upgrade, before, last, taken
    sa.Column("state", columns.Text, nullable=False),  # due, running, good, failed
    sa.Column("due_at", columns.Instant, nullable=False),  # while running: the end of the lease
    sa.Column("token", columns.Text),
    sa.Column("attempts", columns.BigInt, nullable=False),
    sa.Column("file", columns.Text, nullable=False),  # inside the backup folder
    sa.Column("size", columns.BigInt),  # bytes
    sa.Column("rows_done", columns.BigInt, nullable=False),
    sa.Column("rows_total", columns.BigInt),
    sa.Column("problem", columns.Json),  # a code with its parameters
    sa.Column("then", columns.Json),  # what follows once it is good: restore, delete
    sa.Column("then_at", columns.Instant),  # when that was done
    sa.Column("asked_by", columns.Text, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),  # written and checked
    sqlite_strict=True,
)

backup_plan = sa.Table(
    "backup_plan",
    main_metadata,
    sa.Column("workspace_id", columns.BigInt, primary_key=True),
    sa.Column("daily", columns.Flag, nullable=False),
    sa.Column("hour", columns.BigInt, nullable=False),  # of the workspace's day, 0 … 23
    sa.Column("keep_days", columns.BigInt, nullable=False),
    sa.Column("keep_weeks", columns.BigInt, nullable=False),
    sqlite_strict=True,
)
