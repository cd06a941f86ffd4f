"""Every page and route about people; importing this module adds them."""

from __future__ import annotations

from regulars.form_builder.people import api as api_routes
from regulars.form_builder.people import duplicate_pages, merge_pages, privacy_api, privacy_pages
from regulars.form_builder.people.blueprints import api, pages

MODULES = (duplicate_pages, merge_pages, privacy_pages, api_routes, privacy_api)
BLUEPRINTS = (pages, api)
