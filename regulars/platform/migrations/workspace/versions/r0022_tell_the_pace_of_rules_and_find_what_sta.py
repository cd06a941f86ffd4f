"""Tell the pace of rules, and find what stands still"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from regulars.platform import columns

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store up to this revision."""
    op.create_table(
        "step_tally",
        sa.Column("id", columns.BigInt, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("steps", columns.BigInt, nullable=False),
        sa.Column("failed", columns.BigInt, nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("step_tally_by_time", "step_tally", ["at"])
    op.create_index("outbound_of_rule_by_id", "outbound", ["rule", "id"])
    _partial("hook_call_of_record", "hook_call", ["form", "record"], "record IS NOT NULL")
    _partial("outbound_in_doubt", "outbound", ["status", "id"], "status = 'unknown'")
    _partial("outbound_kept_back", "outbound", ["finished_at"], "sending_at IS NULL")
    _partial("run_failed", "run", ["status", "id"], "status = 'failed'")
    _partial("run_stuck", "run", ["status", "id"], "status = 'stuck'")


def _partial(name: str, table: str, names: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, names, sqlite_where=only, postgresql_where=only)
