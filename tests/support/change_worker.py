"""Takes up the changes of type that wait, as a worker of its own, so that a test can kill it.

    python -m tests.support.change_worker URL DATA_DIR NOW

``URL`` is empty for SQLite; ``NOW`` is the instant its clock stands at.
"""

import sys
from datetime import datetime
from pathlib import Path

from regulars.form_builder.changing import working
from regulars.platform.db import Database
from regulars.platform.workspaces import get_workspace
from regulars.wiring import wire


def main(url: str, data_dir: str, now: str) -> None:
    """One round over the workspace ``shop``, in small batches."""
    wire()
    working.BATCH = 10
    instant = datetime.fromisoformat(now)
    database = Database(url, Path(data_dir), clock=lambda: instant)
    working.run_due(database, get_workspace(database, "shop"))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
