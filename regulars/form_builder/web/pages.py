"""Every page of forms and records; importing this module adds their routes."""

from __future__ import annotations

from regulars.form_builder.logic.api import api as logic_api
from regulars.form_builder.web import (
    barcode_drawing,
    bulk_pages,
    case_api,
    case_pages,
    change_pages,
    designer_pages,
    entry_pages,
    file_routes,
    flow_pages,
    form_pages,
    formula_pages,
    group_pages,
    inline_cells,
    layout_pages,
    logic_pages,
    moving,
    panel_words,
    record_lists,
    record_pages,
    right_pages,
    role_pages,
    start_pages,
    state_pages,
    template_words,
    view_pages,
    who_pages,
)
from regulars.form_builder.web.blueprints import designer, forms, records
from regulars.form_builder.web.role_pages import roles
from regulars.platform.web.definition_homes import DefinitionHome

MODULES = (
    barcode_drawing,
    case_api,
    case_pages,
    form_pages,
    designer_pages,
    flow_pages,
    formula_pages,
    moving,
    logic_pages,
    change_pages,
    file_routes,
    record_lists,
    record_pages,
    right_pages,
    bulk_pages,
    group_pages,
    inline_cells,
    layout_pages,
    role_pages,
    entry_pages,
    template_words,
    panel_words,
    start_pages,
    state_pages,
    view_pages,
    who_pages,
)
BLUEPRINTS = (forms, records, designer, roles, who_pages.api, logic_api)
HOMES = (
    DefinitionHome(
        "form", "forms.index", "nav.forms", "designer.show", "designer.show", "form_key",
        "designer.review",
    ),
    DefinitionHome("role", "roles.show_roles", "roles.title", "roles.role", "roles.role"),
)  # fmt: skip
