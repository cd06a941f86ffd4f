"""What the builders put on the web: pages, API routes, navigation, and cards of the first page."""

from __future__ import annotations

from flask import Blueprint

from regulars.form_builder.api import api as form_api
from regulars.form_builder.api_changes import api as changes_api
from regulars.form_builder.api_drafts import api as drafts_api
from regulars.form_builder.api_tasks import api as tasks_api
from regulars.form_builder.bulk.api import bulk as bulk_api
from regulars.form_builder.buttons_api import buttons as buttons_api
from regulars.form_builder.comments import routes as comments_web
from regulars.form_builder.flow.api import api as states_api
from regulars.form_builder.formula_api import formulas as formulas_api
from regulars.form_builder.people import routes as people_web
from regulars.form_builder.summing_api import summing as summing_api
from regulars.form_builder.web import form_pages, role_pages, task_pages
from regulars.form_builder.web import import_pages as import_web
from regulars.form_builder.web import pages as form_web
from regulars.form_builder.web.bulk_pages import bulk_link
from regulars.form_builder.web.button_cells import rule_starters
from regulars.form_builder.web.file_routes import api as files_api
from regulars.form_builder.web.printing import pages as print_web
from regulars.form_builder.web.printing.layouts import print_links, print_many_links
from regulars.form_builder.web.public_forms import owner_pages as public_pages
from regulars.form_builder.web.public_forms import routes as public_web
from regulars.form_builder.web.record_links import list_links, place_pages, record_links
from regulars.form_builder.web.tills import pages as till_web
from regulars.platform.web.definition_homes import definition_homes
from regulars.platform.web.definition_pages import pages as definition_pages
from regulars.platform.web.shell import CardProvider, NavProvider
from regulars.platform.web.versions_api import api as versions_api
from regulars.report_builder.web import pages as report_web
from regulars.rule_engine import web as rule_web
from regulars.rule_engine.api_blueprints import BLUEPRINTS as RULE_APIS
from regulars.rule_engine.web.starting import STARTER, start_links
from regulars.rule_engine.web.starting_many import start_many_link
from regulars.rule_engine.web.why_pages import why_link


def blueprints() -> tuple[Blueprint, ...]:
    """The builders' pages and API routes."""
    for home in (*form_web.HOMES, *rule_web.HOMES, *report_web.HOMES):
        definition_homes.register(home.kind, home)
    definition_homes.register(print_web.HOME.kind, print_web.HOME)
    definition_homes.register(public_pages.HOME.kind, public_pages.HOME)
    definition_homes.register(till_web.HOME.kind, till_web.HOME)
    record_links.register("print", print_links)
    record_links.register("start", start_links)
    record_links.register("why", why_link)
    list_links.register("bulk", bulk_link)
    list_links.register("print", print_many_links)
    list_links.register("public", public_pages.public_links)
    list_links.register("start", start_many_link)
    rule_starters.register("rules", STARTER)
    for kind, page in rule_web.PLACES.items():
        place_pages.register(kind, page)
    return (
        form_api,
        changes_api,
        drafts_api,
        files_api,
        versions_api,
        definition_pages,
        *RULE_APIS,
        tasks_api,
        task_pages.tasks,
        formulas_api,
        buttons_api,
        states_api,
        summing_api,
        bulk_api,
        *form_web.BLUEPRINTS,
        *people_web.BLUEPRINTS,
        *comments_web.BLUEPRINTS,
        *import_web.BLUEPRINTS,
        *print_web.BLUEPRINTS,
        *public_web.BLUEPRINTS,
        *till_web.BLUEPRINTS,
        *rule_web.BLUEPRINTS,
        *report_web.BLUEPRINTS,
    )


def nav_providers() -> tuple[NavProvider, ...]:
    """What the builders add to the navigation."""
    return (
        task_pages.nav,
        form_pages.nav,
        till_web.nav,
        role_pages.nav,
        rule_web.navigation.nav,
        rule_web.webhooks.nav,
        rule_web.hooks.nav,
        rule_web.channels.nav,
        report_web.nav,
    )


def card_providers() -> tuple[CardProvider, ...]:
    """What the builders put on a workspace's first page."""
    return (form_pages.cards, rule_web.navigation.cards, report_web.cards)
