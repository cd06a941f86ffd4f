"""The sales that tills handed in, by the key their device gave them: none is recorded twice."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.aging import AgingRows
from regulars.platform.db import Database, workspace_metadata

REMEMBERED = timedelta(days=90)
"""How long the key of a sale is known: longer than any device may wait."""

till_sale = sa.Table(
    "till_sale",
    workspace_metadata,
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("till", columns.Text, nullable=False),
    sa.Column("asked", columns.Text, nullable=False),  # fingerprint of what was handed in
    sa.Column("sale", columns.BigInt),  # the record it made
    sa.Column("points", columns.Text),  # how many it earned, in words of numbers
    sa.Column("at", columns.Instant, nullable=False, index=True),
    sqlite_strict=True,
)


class KnownSales(AgingRows):
    """The keys of sales in every workspace, which are forgotten after `REMEMBERED`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, till_sale, REMEMBERED)
