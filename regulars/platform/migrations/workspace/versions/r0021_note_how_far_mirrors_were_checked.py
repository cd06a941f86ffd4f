"""Note how far mirrors were checked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from regulars.platform import columns

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store up to this revision."""
    op.add_column("mirror_state", sa.Column("checked_to", columns.BigInt, nullable=True))
    op.add_column("mirror_state", sa.Column("checked_at", columns.Instant(), nullable=True))
