"""The blueprints that the page modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

forms = Blueprint("forms", __name__, url_prefix="/w/<workspace>")
records = Blueprint("records", __name__, url_prefix="/w/<workspace>/forms/<form_key>")
designer = Blueprint("designer", __name__, url_prefix="/w/<workspace>/forms/<form_key>/design")
