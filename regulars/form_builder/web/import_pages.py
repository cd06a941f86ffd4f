"""Every page and API route of imports and exports; importing this module adds their routes."""

from __future__ import annotations

from regulars.form_builder.web import import_api, import_words, importer

MODULES = (importer, import_words, import_api)
BLUEPRINTS = (importer.blueprint, import_api.api)
