"""Write the table of routes in ``docs/reference/api.md`` from the application itself.

Run ``python -m tools.api_routes`` after adding a route; ``--check`` only compares.
"""

import re
import secrets
import sys
import tempfile
from pathlib import Path

from flask import Flask

from regulars import wiring
from regulars.app import create_app
from regulars.platform.config import Config
from regulars.platform.db import Database

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "api.md"
PREFIX = "/api/v1"
BEGIN, END = "<!-- routes -->\n", "<!-- end of routes -->\n"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def application() -> Flask:
    """The application, over a database that is never opened."""
    wiring.wire()
    nowhere = Path(tempfile.gettempdir())
    config = Config(data_dir=nowhere, secret_key=secrets.token_urlsafe(32))
    return create_app(config, Database("", nowhere))


def table(app: Flask) -> str:
    """One row for each method of each route: what its view says it does."""
    rows = ["| route | does |", "|---|---|"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if not rule.rule.startswith(f"{PREFIX}/"):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX))
        said = (app.view_functions[rule.endpoint].__doc__ or "").strip()
        meaning = " ".join(said.split("\n\n")[0].split()).replace("|", "\\|")
        rows += [
            f"| `{method} {path}` | {meaning} |"
            for method in METHODS
            if method in (rule.methods or set())
        ]
    return "\n".join(rows) + "\n"


def page(app: Flask) -> str:
    """The whole page with the table of today."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + table(app) + END + rest.partition(END)[2]


def main() -> int:
    """Write the page, or compare."""
    wanted = page(application())
    if PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv[1:]:
        print(f"{PAGE.relative_to(ROOT)} is out of date; run: python -m tools.api_routes")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
