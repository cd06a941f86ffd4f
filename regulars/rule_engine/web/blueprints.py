"""The blueprint that the page modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("rules", __name__, url_prefix="/w/<workspace>")
