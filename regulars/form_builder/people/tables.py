"""Where decisions about people stand: who is not who, who became whom, what was done for whom."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

distinct_people = sa.Table(
    "distinct_people",
    workspace_metadata,
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("first", columns.BigInt, primary_key=True),  # the smaller id
    sa.Column("second", columns.BigInt, primary_key=True),
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
"""Pairs that somebody has looked at and told apart; they are not offered again."""

person_merge = sa.Table(
    "person_merge",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("kept", columns.BigInt, nullable=False),
    sa.Column("dropped", columns.BigInt, nullable=False),
    sa.Column("moved", columns.Json, nullable=False),  # what undoing needs: ids, values before
    sa.Column("counts", columns.Json, nullable=False),  # what followed, as people were told
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("undone_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("person_merge_of_dropped", person_merge.c.form, person_merge.c.dropped)
sa.Index("person_merge_of_kept", person_merge.c.form, person_merge.c.kept)

person_log = sa.Table(
    "person_log",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("done", columns.Text, nullable=False),  # merged, unmerged, exported, corrected, …
    sa.Column("detail", columns.Json),  # counts and record ids; never what was known of a person
    sa.Column("reason", columns.Text),
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
erasure_sweep = sa.Table(
    "erasure_sweep",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("line", columns.BigInt, nullable=False),  # of the log, which is told what was found
    sa.Column("sealed", columns.Text, nullable=False),  # what is looked for
    sa.Column("stage", columns.Text),  # how far it has come: the table, None at the beginning
    sa.Column("after", columns.Json),  # and the primary key of the last row there
    sa.Column("begun_at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
"""Who is erased and still looked for in the texts of the workspace."""

sa.Index("person_log_of_record", person_log.c.form, person_log.c.record, person_log.c.id)
