"""What is known about each file: its name for people, its kind, whose it is.

A file that no record holds is *loose* from ``loose_at`` on and goes after a while. One file
belongs to one field of one record, so that whoever may read that field may read the file.
"""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

blob = sa.Table(
    "blob",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("key", columns.Text, nullable=False, unique=True),  # its random name in the store
    sa.Column("name", columns.Text, nullable=False),  # what people call it; never a path
    sa.Column("media_type", columns.Text, nullable=False),  # as found in its bytes
    sa.Column("size", columns.BigInt, nullable=False),
    sa.Column("sha256", columns.Text, nullable=False),
    sa.Column("width", columns.BigInt),
    sa.Column("height", columns.BigInt),
    sa.Column("has_thumbnail", columns.Flag, nullable=False),
    sa.Column("form", columns.Text),
    sa.Column("record", columns.BigInt),
    sa.Column("field", columns.Text),
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("loose_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index("blob_of_record", blob.c.form, blob.c.record)
sa.Index("blob_loose", blob.c.loose_at)
