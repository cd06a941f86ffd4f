"""Find due and worn out work at once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_LIVE, _UNSENT = "status = 'live'", "status IN ('queued', 'sending')"
_OFTEN = " AND attempts >= 10"


def upgrade() -> None:
    """Bring the store up to this revision. The old indexes say less: nothing is taken away."""
    _partial("run_next", "run", ["due_at", "id"], _LIVE)
    _partial("run_worn_out", "run", ["due_at"], _LIVE + _OFTEN)
    op.drop_index("run_due", "run")
    _partial("outbound_next", "outbound", ["channel", "due_at", "id"], _UNSENT)
    _partial("outbound_worn_out", "outbound", ["due_at"], _UNSENT + _OFTEN)
    op.drop_index("outbound_due", "outbound")


def _partial(name: str, table: str, names: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, table, names, sqlite_where=only, postgresql_where=only)
