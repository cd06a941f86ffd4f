"""Serves one request in a process of its own, so that a test can kill it in the middle.

    python -m tests.support.web_process URL DATA_DIR NOW < request.json

``URL`` is empty for SQLite; the request is ``{"method", "path", "headers", "json"}``.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

from regulars.app import create_app
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.wiring import wire
from tests.support.site import SECRET


def main(url: str, data_dir: str, now: str) -> None:
    """Answer it and say the status."""
    wire()
    instant = datetime.fromisoformat(now)
    database = Database(url, Path(data_dir), clock=lambda: instant)
    app = create_app(Config(data_dir=Path(data_dir), secret_key=SECRET), database)
    wanted = json.loads(sys.stdin.read())
    answer = app.test_client().open(
        wanted["path"],
        method=wanted["method"],
        headers=wanted["headers"],
        json=wanted["json"],
    )
    sys.stdout.write(str(answer.status_code))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
