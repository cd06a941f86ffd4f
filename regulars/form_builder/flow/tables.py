"""Who was asked to sign for which record, and what became of it, in the workspace's store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

approval_request = sa.Table(
    "approval_request",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("state", columns.Text, nullable=False),  # of the record, while it is asked for
    sa.Column("needs", columns.Text, nullable=False),  # one, all, in_order
    sa.Column("status", columns.Text, nullable=False),  # open, approved, returned, cancelled, …
    sa.Column("applicant", columns.Text, nullable=False),  # the actor who asked
    sa.Column("applicant_name", columns.Text, nullable=False),
    sa.Column("opened_at", columns.Instant, nullable=False),
    sa.Column("closed_at", columns.Instant),
    sqlite_strict=True,
)
_live = approval_request.c.status == "open"
sa.Index(
    "approval_of_record", approval_request.c.form, approval_request.c.record, unique=True,
    sqlite_where=_live, postgresql_where=_live,
)  # fmt: skip
sa.Index(
    "approval_request_of_record", approval_request.c.form, approval_request.c.record,
    approval_request.c.id,
)  # fmt: skip

approval_signer = sa.Table(
    "approval_signer",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("request", columns.BigInt, nullable=False, index=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("state", columns.Text, nullable=False),  # waiting, open, approved, returned, skipped
    sa.Column("member", columns.BigInt),  # who has to sign; None: anybody of the role
    sa.Column("role", columns.Text),
    sa.Column("unit", columns.BigInt),
    sa.Column("waits_for", columns.BigInt),  # the signer whose turn is before
    sa.Column("extra_of", columns.BigInt),  # the signer who asked for this one, too
    sa.Column("task", columns.BigInt),  # in the inbox, once it is their turn
    sa.Column("due_at", columns.Instant),
    sa.Column("escalated_at", columns.Instant),
    sa.Column("stuck_at", columns.Instant),  # since when nobody is there to take it
    sa.Column("decided_at", columns.Instant),
    sa.Column("decided_by", columns.Text),  # the actor
    sa.Column("decided_name", columns.Text),
    sqlite_strict=True,
)
_open = approval_signer.c.state == "open"
sa.Index(
    "approval_signer_open", approval_signer.c.due_at, sqlite_where=_open, postgresql_where=_open
)
sa.Index("approval_signer_of_record", approval_signer.c.form, approval_signer.c.record)
sa.Index("approval_signer_of_task", approval_signer.c.task)

flow_entry = sa.Table(
    "flow_entry",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("action", columns.Text, nullable=False),  # moved, approved, returned, handed-over, …
    sa.Column("before", columns.Text),  # the states of a move
    sa.Column("after", columns.Text),
    sa.Column("other", columns.Text),  # the name of whoever it went to
    sa.Column("note", columns.Text),
    sa.Column("request", columns.BigInt),
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
"""What was decided about a record, by whom and why. Nothing in it is ever changed."""
sa.Index("flow_entry_of_record", flow_entry.c.form, flow_entry.c.record, flow_entry.c.id)
