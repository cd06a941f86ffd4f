"""The blueprints that the modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

visits = Blueprint("public_visits", __name__)
owners = Blueprint("public_forms", __name__, url_prefix="/w/<workspace>/public-forms")
api = Blueprint("public_forms_api", __name__, url_prefix="/api/v1")
