"""Access cases, in the workspace's store."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

access_case = sa.Table(
    "access_case",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("label", columns.Text, nullable=False),  # the owner's own words, or ""
    sa.Column("who", columns.Text, nullable=False),  # member:7, clerk, clerk@EAST
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt),
    sa.Column("condition", columns.Json),  # of the records meant; neither: the form as a whole
    sa.Column("field", columns.Text),
    sa.Column("verb", columns.Text, nullable=False),
    sa.Column("allowed", columns.Flag, nullable=False),
    sa.Column("kept_at", columns.Instant, nullable=False),
    sa.Column("kept_by", columns.Text, nullable=False),  # a name, as it was then
    sqlite_strict=True,
)
sa.Index("access_case_of_form", access_case.c.form, access_case.c.record)
