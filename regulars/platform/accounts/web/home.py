"""The first page of all, and the first page of a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import members, setup, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import (
    current_person,
    current_places,
    signed_in_page,
    workspace_page,
)
from regulars.platform.accounts.setup import open_shop
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.shop_form import shop_from_form, shop_options
from regulars.platform.accounts.web.today_words import (
    COST_UNIT,
    is_named_reason,
    trouble_text,
)
from regulars.platform.backups.after import waiting_work
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.errors import Forbidden, Invalid
from regulars.platform.problems import under
from regulars.platform.today import Trouble, read_today
from regulars.platform.web import shell
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import open_to_all
from regulars.platform.web.preferences import current_locale, last_place, remember
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import HomeCard, NavItem
from regulars.platform.workspaces import check_settings, free_key

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@open_to_all
def front() -> ResponseReturnValue:
    """To where this person belongs: set-up, sign-in, their workspace, or a new one."""
    if current_person() is None:
        fresh = setup.is_open(installation().database)
        return go_to(url_for("accounts.set_up" if fresh else "accounts.sign_in"))
    keys = [each.key for each in current_places() if each.archived_at is None]
    if keys:
        last = last_place()
        return go_to(url_for("home.workspace_home", workspace=last if last in keys else keys[0]))
    places = "home.workspaces" if current_places() else "home.new_workspace"
    return go_to(url_for(places))


@blueprint.get("/workspaces")
@signed_in_page
def workspaces(person: User) -> ResponseReturnValue:
    """Every workspace this person belongs to, also those at rest; and the door to a new one."""
    return render("home/workspaces.html", places=current_places(), may_open=person.admin)


@blueprint.get("/w/<workspace>/")
@workspace_page("enter")
def workspace_home(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What there is in this workspace, and the next step."""
    steps = list(_first_steps(uow, access))
    today = read_today(uow, access)
    codes = [code for code, _n in (today.sent.held_back if today.sent else ())]
    page = render(
        "home/today.html", today=today, steps=steps, cards=shell.home_cards(uow, access),
        waiting=waiting_work(uow) if today.held else 0,
        cost=Decimal(today.sent.cost if today.sent else 0) / COST_UNIT,
        HELD_BACK={each for each in codes if is_named_reason(each, current_locale())},
    )  # fmt: skip
    remember(page, place=uow.workspace.key)
    return page


@blueprint.get("/workspaces/new")
@signed_in_page
def new_workspace(person: User) -> ResponseReturnValue:
    """A further shop on this installation; or, for those who may not open one, whom to ask."""
    return render("home/new_workspace.html", values={}, errors={}, options=shop_options(),
                  may_open=person.admin)  # fmt: skip


@blueprint.post("/workspaces/new")
@signed_in_page
def open_workspace(person: User) -> ResponseReturnValue:
    """Open it; whoever does becomes its owner."""
    if not person.admin:
        raise Forbidden()
    form = shop_from_form(request.form)
    place = Workspace(
        0, form.key, form.name, form.zone, form.currency, person.locale, form.week_start
    )
    try:
        if problems := check_settings(place):
            raise Invalid(under("shop", problems))
        place = replace(place, key=free_key(installation().database, place.key))
        made = open_shop(installation().database, person, place, now=request_now())
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, ("shop/name", "shop/zone", "shop/currency"))
        page = {"values": request.form, "errors": errors, "options": shop_options()}
        return render("home/new_workspace.html", 422, may_open=True, **page)
    return go_to(url_for("home.workspace_home", workspace=made.key))


@blueprint.app_template_global("trouble_words")
def trouble_words(trouble: Trouble) -> str:
    """What is stuck, in the reader's words."""
    return trouble_text(trouble, current_locale())


def _first_steps(uow: UnitOfWork, access: Access) -> Iterator[HomeCard]:
    """What an owner has not looked after yet; a page that is done with says nothing."""
    if not access.can("manage_workspace"):
        return
    if not units.list_units(uow):
        yield _step("units", "store")
    if len(members.list_members(uow)) == 1:
        yield _step("members", "users")
        yield _step("workspace", "settings")


def _step(name: str, icon: str) -> HomeCard:
    words = f"home.step-{name}"
    return HomeCard(url_for(f"settings.{name}"), icon, words, f"{words}-text", "home.go")


def nav(uow: UnitOfWork, access: Access) -> Iterator[NavItem]:
    """The lines of the navigation that every workspace has."""
    section = "nav.section-settings"
    yield NavItem(url_for("home.workspace_home"), "house", "nav.home", order=0, on_phone=True)
    if access.can("manage_members"):
        yield NavItem(
            url_for("settings.members"), "users", "nav.members", section=section, order=910
        )
    if access.can("manage_units"):
        yield NavItem(url_for("settings.units"), "store", "nav.units", section=section, order=920)
    if access.can("manage_tokens"):
        yield NavItem(url_for("settings.tokens"), "plug", "nav.tokens", section=section, order=930)
    if access.can("manage_workspace"):
        yield NavItem(
            url_for("settings.workspace"), "settings", "nav.workspace", section=section, order=940
        )
        yield NavItem(
            url_for("health_pages.report"), "activity", "nav.health", section=section, order=990
        )
