"""The blueprints that the pages and the API of people add their routes to."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("people", __name__, url_prefix="/w/<workspace>/forms/<form_key>")
api = Blueprint("people_api", __name__, url_prefix="/api/v1/people/<form_key>")
