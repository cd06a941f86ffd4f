"""What somebody is to do, in the workspace's store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

task = sa.Table(
    "task",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("key", columns.Text, unique=True),  # run:step:iteration of the rule that made it
    sa.Column("kind", columns.Text, nullable=False),  # task, approval
    sa.Column("title", columns.Text, nullable=False),
    sa.Column("details", columns.Text),
    sa.Column("form", columns.Text),  # the record it is about
    sa.Column("record", columns.BigInt),
    sa.Column("unit", columns.BigInt),  # whose store it belongs to; None: everybody's
    sa.Column("member", columns.BigInt),  # who is to do it; None: anybody of the role
    sa.Column("role", columns.Text),  # which role is to do it; None: any role
    sa.Column("state", columns.Text, nullable=False),  # open, done, cancelled
    sa.Column("outcome", columns.Text),  # done; approved or rejected
    sa.Column("note", columns.Text),
    sa.Column("due_at", columns.Instant),
    sa.Column("overdue_told_at", columns.Instant),
    sa.Column("rule", columns.Text),  # the rule that waits for it, with run and step
    sa.Column("run", columns.BigInt),
    sa.Column("step", columns.Text),
    sa.Column("held_by", columns.Text),  # whose business it is what becomes of it; None: a rule's
    sa.Column("chain", columns.Json, nullable=False),  # the rules that caused it
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("created_by", columns.Text, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sa.Column("finished_by", columns.Text),
    sqlite_strict=True,
)
_open = task.c.state == "open"
sa.Index("task_open", task.c.due_at, sqlite_where=_open, postgresql_where=_open)
sa.Index("task_of_record", task.c.form, task.c.record, task.c.id)
sa.Index("task_of_run", task.c.run)
