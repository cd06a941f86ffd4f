"""Every page and route of comments; importing this module adds them."""

from __future__ import annotations

from regulars.form_builder.comments import api as api_routes
from regulars.form_builder.comments import pages as page_routes
from regulars.form_builder.comments.blueprints import api, pages

MODULES = (api_routes, page_routes)
BLUEPRINTS = (pages, api)
