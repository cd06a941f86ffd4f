"""Brings the stores of an installation up, in a process that a test may kill.

Without the rest of the product, which has no part in it and takes long to import.
"""

import os
import sys
from pathlib import Path

from regulars.platform.backups.upgrading import bring_up
from regulars.platform.db import Database


def main() -> int:
    """Print how many stores were changed."""
    folder = Path(os.environ["REGULARS_DATA_DIR"])
    database = Database(os.environ["REGULARS_DATABASE_URL"], folder)
    changed = bring_up(database, folder / "backups", sys.stderr.write)  # type: ignore[arg-type]
    sys.stdout.write(str(changed))
    database.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
