"""``/healthz``: this process answers. ``/readyz``: it can also do its work."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from regulars.platform.web.installation import installation
from regulars.platform.web.permissions import open_to_all

blueprint = Blueprint("health", __name__)

Check = Callable[[], bool]
Note = Callable[[], float | bool | None]
_NAME = "regulars.readiness"
_NOTES = "regulars.readiness.notes"
_FRESH_FOR = 5.0  # seconds in which the same answer is given again


def add_check(app: Flask, name: str, check: Check) -> None:
    """Let a part of the product say whether pages can do their work without it."""
    app.extensions.setdefault(_NAME, {})[name] = check


def add_note(app: Flask, name: str, note: Note) -> None:
    """Show a figure that decides nothing: without the queue, for one, pages still work."""
    app.extensions.setdefault(_NOTES, {})[name] = note


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
    notes = _read_notes() if ready else {}
    return jsonify({"ok": ready, "checks": results, **notes}), 200 if ready else 503


def _read_notes() -> dict[str, float | bool | None]:
    """Anybody may ask, so asking often must cost nothing."""
    known = current_app.extensions.get(f"{_NOTES}.read")
    if known is None or known[0] + _FRESH_FOR < time.monotonic():
        found = {name: note() for name, note in current_app.extensions.get(_NOTES, {}).items()}
        known = current_app.extensions[f"{_NOTES}.read"] = (time.monotonic(), found)
    notes: dict[str, float | bool | None] = known[1]
    return notes


def _database_answers() -> bool:
    try:
        with installation().database.main_tx(write=False) as connection:
            return connection.execute(sa.select(sa.literal(1))).scalar() == 1
    except SQLAlchemyError:
        return False
