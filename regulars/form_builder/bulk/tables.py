"""Where bulk edits stand: what shall be changed, and what became of each record.

A bulk edit goes from ``checking`` (looking at every record) to ``checked``, through ``running``
to ``done``, perhaps ``undoing`` to ``undone``; ``stopped`` is one that cannot go on. Whoever works
on a large one holds it until ``due_at`` with ``token``.
"""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

bulk_edit = sa.Table(
    "bulk_edit",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("state", columns.Text, nullable=False),
    sa.Column("changes", columns.Json, nullable=False),  # as `wishes.Change`
    sa.Column("origin", columns.Text, nullable=False),  # page, api
    sa.Column("automation", columns.Text, nullable=False, server_default="none"),
    sa.Column("actor", columns.Json, nullable=False),  # who asked, to ask again what they may do
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("total", columns.BigInt, nullable=False),
    sa.Column("error", columns.Json),  # why it stopped: {code, params}
    sa.Column("due_at", columns.Instant),  # from when on anybody may take it up
    sa.Column("token", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("tries", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("bulk_edit_due", bulk_edit.c.due_at)
bulk_edit_record = sa.Table(
    "bulk_edit_record",
    workspace_metadata,
    sa.Column("bulk", columns.BigInt, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("outcome", columns.Text, nullable=False),  # as `outcomes`
    sa.Column("version", columns.BigInt),  # as the last step saw or left the record
    sa.Column("reason", columns.Text),  # field|code of the first problem
    sa.Column("problems", columns.Json),  # [{path, code, params, text}]
    sqlite_strict=True,
)
sa.Index("bulk_edit_record_outcome", bulk_edit_record.c.bulk, bulk_edit_record.c.outcome)
