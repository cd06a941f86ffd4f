"""Every route of public forms, for the application to take in."""

from __future__ import annotations

from regulars.form_builder.web.public_forms import api as api_routes
from regulars.form_builder.web.public_forms import (
    owner_pages,
    template_words,
    visitor_files,
    visitor_pages,
)
from regulars.form_builder.web.public_forms.blueprints import api, owners, visits

MODULES = (api_routes, owner_pages, template_words, visitor_files, visitor_pages)
BLUEPRINTS = (visits, owners, api)
