"""Where the search index stands in a workspace's store. Everything in it can be made again."""

from __future__ import annotations

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import workspace_metadata

BLOCK = 1 << 16  # ids of records
MADE_AGAIN = {"made_again": True}  # no backup needs them

search_field = sa.Table(
    "search_field",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("place", columns.Text, nullable=False),  # the physical table of the form
    sa.Column("field", columns.Text, nullable=False),
    sa.Column("kind", columns.Text, nullable=False),  # the type that the field had
    sa.Column("upto", columns.BigInt, nullable=False),  # every record up to this id is in
    sqlite_strict=True,
    info=MADE_AGAIN,
)
"""The text fields that are indexed."""
sa.Index("search_field_of_place", search_field.c.place, search_field.c.field, unique=True)

search_gram = sa.Table(
    "search_gram",
    workspace_metadata,
    sa.Column("field", columns.BigInt, primary_key=True, autoincrement=False),
    sa.Column("gram", columns.Text, primary_key=True),
    sa.Column("block", columns.BigInt, primary_key=True, autoincrement=False),
    sa.Column("records", columns.Bytes, nullable=False),
    sqlite_strict=True,
    info=MADE_AGAIN,
)
"""One sign or two → the records of a block of `BLOCK` ids whose text holds it, as a bitmap."""
sa.Index("search_gram_of_block", search_gram.c.field, search_gram.c.block)

search_change = sa.Table(
    "search_change",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("place", columns.Text, nullable=False),
    sa.Column("about", columns.BigInt, nullable=False),  # the id of a record
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
    info=MADE_AGAIN,
)
"""Records whose texts changed, came back or went since the index last looked at them.

It only grows by inserts: a writer who is not done yet has a row that nobody else can take away.
"""
sa.Index("search_change_of_place", search_change.c.place, search_change.c.about)
