"""Where changes of live forms stand: columns that wait to be dropped, changes of type.

A ghost is what physically remains of a field that is no longer in use. Its columns and tables
carry other names, so that the field's own name is free; until ``drop_at`` they can be had back.
A retype goes from ``checking`` (a rehearsal) through ``checked`` and ``running`` to ``done``;
``stopped`` and ``cancelled`` are ends, too. Whoever works on one holds it until ``due_at`` with
``token``.
"""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

form_ghost = sa.Table(
    "form_ghost",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("field", columns.Text, nullable=False),  # amount, items.price
    sa.Column("reason", columns.Text, nullable=False),  # purged, retyped
    sa.Column("raw", columns.Json, nullable=False),  # the field as it was
    sa.Column(
        "moved", columns.Json, nullable=False
    ),  # [{table, column, now}]; a table has no column
    sa.Column("retype", columns.BigInt),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("by", columns.Text, nullable=False),
    sa.Column("drop_at", columns.Instant, nullable=False),
    sa.Column("dropped_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("form_ghost_of_form", form_ghost.c.form, form_ghost.c.id)
form_retype = sa.Table(
    "form_retype",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("field", columns.Text, nullable=False),
    sa.Column("before", columns.Json, nullable=False),  # the field as it is
    sa.Column("after", columns.Json, nullable=False),  # the field as it shall be
    sa.Column("options", columns.Json, nullable=False),
    sa.Column("state", columns.Text, nullable=False),
    sa.Column("cursor", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("work_total", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("work_done", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("counts", columns.Json, nullable=False),
    sa.Column("ghost", columns.BigInt),  # what the old values became
    sa.Column("back_to", columns.BigInt),  # the ghost whose values an undo brings back
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("error", columns.Json),
    sa.Column("due_at", columns.Instant),
    sa.Column("token", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("tries", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("finished_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("form_retype_due", form_retype.c.due_at)
sa.Index("form_retype_of_form", form_retype.c.form, form_retype.c.id)
form_retype_loss = sa.Table(
    "form_retype_loss",
    workspace_metadata,
    sa.Column("retype", columns.BigInt, primary_key=True),
    sa.Column("row", columns.BigInt, primary_key=True),  # the record, or the row of a subform
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("before", columns.Text, nullable=False),  # as people read it
    sa.Column("after", columns.Text, nullable=False),
    sa.Column("code", columns.Text, nullable=False),
    sa.Column("params", columns.Json, nullable=False),
    sqlite_strict=True,
)
