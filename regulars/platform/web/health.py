"""``/healthz``: this process answers. ``/readyz``: it can also do its work."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from regulars.platform.web.installation import installation
from regulars.platform.web.permissions import open_to_all

blueprint = Blueprint("health", __name__)

Check = Callable[[], bool]
_NAME = "regulars.readiness"


def add_check(app: Flask, name: str, check: Check) -> None:
    """Let a part of the product say whether it is ready (the queue, the oldest due work)."""
    app.extensions.setdefault(_NAME, {})[name] = check


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    """Alive."""
    return jsonify({"ok": True})


@blueprint.get("/readyz")
@open_to_all
def readyz() -> tuple[Response, int]:
    """200 when every part is ready, else 503 with the parts that are not."""
    checks: dict[str, Check] = {"database": _database_answers}
    checks.update(current_app.extensions.get(_NAME, {}))
    results = {name: check() for name, check in checks.items()}
    ready = all(results.values())
    return jsonify({"ok": ready, "checks": results}), 200 if ready else 503


def _database_answers() -> bool:
    try:
        with installation().database.main_tx(write=False) as connection:
            return connection.execute(sa.select(sa.literal(1))).scalar() == 1
    except SQLAlchemyError:
        return False
