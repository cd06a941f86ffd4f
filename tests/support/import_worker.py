"""Takes up the imports that wait, as a worker of its own, so that a test can kill it.

    python -m tests.support.import_worker URL DATA_DIR NOW

``URL`` is empty for SQLite; ``NOW`` is the instant its clock stands at.
"""

import sys
from datetime import datetime
from pathlib import Path

from regulars.form_builder.importing import running
from regulars.platform.db import Database
from regulars.platform.workspaces import get_workspace
from regulars.wiring import wire


def main(url: str, data_dir: str, now: str) -> None:
    """One round over the workspace ``shop``."""
    wire()
    instant = datetime.fromisoformat(now)
    database = Database(url, Path(data_dir), clock=lambda: instant)
    running.run_due(database, get_workspace(database, "shop"))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
