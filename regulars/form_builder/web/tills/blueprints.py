"""The blueprints that the modules of this folder add their routes to."""

from __future__ import annotations

from flask import Blueprint

till = Blueprint("till", __name__, url_prefix="/w/<workspace>/till")
"""The screen and what it asks: a device may keep pages below this address and no others."""
tills = Blueprint("tills", __name__, url_prefix="/w/<workspace>/tills")
api = Blueprint("tills_api", __name__, url_prefix="/api/v1")
