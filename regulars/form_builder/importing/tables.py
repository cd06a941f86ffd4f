"""Where imports stand in a workspace's store: files, batches, finished chunks, refused lines,
undo.

A batch is the unit people see: one file with one map. It goes from ``draft`` (being mapped)
through ``checking`` (a dry run) and ``running`` to ``done``, perhaps ``undoing`` and ``undone``;
``stopped`` is a batch that cannot go on by itself. Whoever works on a batch holds it until
``due_at`` with ``token``.
"""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

import_file = sa.Table(
    "import_file",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("name", columns.Text, nullable=False),
    sa.Column("size", columns.BigInt, nullable=False),
    sa.Column("sha256", columns.Text, nullable=False),
    sa.Column("shape", columns.Json, nullable=False),
    sa.Column("columns", columns.Json, nullable=False),
    sa.Column("guesses", columns.Json, nullable=False),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("forgotten_at", columns.Instant),  # its content is no longer kept
    sa.Column("actor", columns.Text),  # who brought it: member:7
    sqlite_strict=True,
)
import_part = sa.Table(
    "import_part",
    workspace_metadata,
    sa.Column("file", columns.BigInt, primary_key=True),
    sa.Column("position", columns.BigInt, primary_key=True),
    sa.Column("body", columns.Bytes, nullable=False),
    sqlite_strict=True,
)
import_batch = sa.Table(
    "import_batch",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),  # the form it was opened at
    sa.Column("file", columns.BigInt, nullable=False),
    sa.Column("map", columns.Json, nullable=False),
    sa.Column("map_hash", columns.Text, nullable=False),
    sa.Column("state", columns.Text, nullable=False),
    sa.Column("actor", columns.Json, nullable=False),  # who asked, to ask again what they may do
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("phase", columns.Text, nullable=False, server_default=""),
    sa.Column("chunk_rows", columns.BigInt, nullable=False),  # fixed: resuming relies on it
    sa.Column("work_total", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("work_done", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("check", columns.Json),  # what the last dry run found
    sa.Column("result", columns.Json),  # what the import did
    sa.Column("error", columns.Json),  # why it stopped: {code, params}
    sa.Column("due_at", columns.Instant),  # from when on anybody may take it up
    sa.Column("token", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("tries", columns.BigInt, nullable=False, server_default="0"),
    sa.Column("created_at", columns.Instant, nullable=False),
    sa.Column("started_at", columns.Instant),
    sa.Column("finished_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("import_batch_due", import_batch.c.due_at)
import_chunk = sa.Table(
    "import_chunk",
    workspace_metadata,
    sa.Column("batch", columns.BigInt, primary_key=True),
    sa.Column("target", columns.BigInt, primary_key=True),
    sa.Column("position", columns.BigInt, primary_key=True),
    sa.Column("counts", columns.Json, nullable=False),
    sqlite_strict=True,
)
import_error = sa.Table(
    "import_error",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("batch", columns.BigInt, nullable=False),
    sa.Column("line", columns.BigInt, nullable=False),
    sa.Column("form", columns.Text),
    sa.Column("problems", columns.Json, nullable=False),  # [{path, code, params, text}]
    sqlite_strict=True,
)
sa.Index("import_error_of_batch", import_error.c.batch, import_error.c.line)
import_undo = sa.Table(
    "import_undo",
    workspace_metadata,
    sa.Column("batch", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sa.Column("what", columns.Text, primary_key=True),  # record, or consent:<purpose>:<channel>
    sa.Column("created", columns.Flag, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),  # as the batch left the record
    sa.Column("outcome", columns.Text),  # removed, restored, changed-since, still-linked, gone
    sqlite_strict=True,
)
