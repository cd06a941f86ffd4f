"""The blueprints that the modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("comments", __name__, url_prefix="/w/<workspace>/forms/<form_key>")
api = Blueprint("comments_api", __name__, url_prefix="/api/v1/forms/<form_key>")
