"""The blueprints that the page modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

reports = Blueprint("reports", __name__, url_prefix="/w/<workspace>/reports")
dashboards = Blueprint("dashboards", __name__, url_prefix="/w/<workspace>/dashboards")
api = Blueprint("reports_api", __name__, url_prefix="/api/v1")
