"""The blueprints that the modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

prints = Blueprint("prints", __name__, url_prefix="/w/<workspace>/prints")
api = Blueprint("prints_api", __name__, url_prefix="/api/v1")
