"""In and out: sign-in, sign-out, first-run set-up, invitations, language and theme."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from regulars.platform.accounts import (
    invitations,
    password_links,
    profiles,
    setup,
    signing,
    throttle,
    users,
)
from regulars.platform.accounts.routing import current_person
from regulars.platform.accounts.setup import FirstRun
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.accounts.web.shop_form import shop_from_form, shop_options
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.i18n import LOCALES
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import open_to_all, open_to_link_holders
from regulars.platform.web.rendering import render
from regulars.platform.web.visit import renew_visit, visit_id

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    """The way in."""
    if setup.is_open(installation().database):
        return go_to(url_for("accounts.set_up"))
    if current_person() is not None:
        return go_to(_wanted_page())
    return render("accounts/sign_in.html", email="", errors={}, next=request.args.get("next", ""))


@blueprint.post("/sign-in")
@open_to_all
def do_sign_in() -> ResponseReturnValue:
    """Check address and password; a wrong pair gets the page back."""
    email = request.form.get("email", "")
    try:
        person = signing.check_password(
            installation().database,
            email,
            request.form.get("password", ""),
            address=request.remote_addr or "",
            now=request_now(),
        )
    except signing.WrongPassword as wrong:
        errors = {"": [wrong.message(preferences.current_locale())]}
        wanted = request.form.get("next", "")
        return render("accounts/sign_in.html", 422, email=email, errors=errors, next=wanted)
    return _let_in(person, _wanted_page())


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    """End this session."""
    signing.sign_out(installation().database, visit_id())
    renew_visit()
    return go_to(url_for("accounts.sign_in"))


@blueprint.get("/setup")
@open_to_all
def set_up() -> ResponseReturnValue:
    """The very first page of a new installation; gone as soon as it has been used."""
    _require_open()
    return render("accounts/set_up.html", values={}, errors={}, options=shop_options())


@blueprint.post("/setup")
@open_to_all
def do_set_up() -> ResponseReturnValue:
    """Make the owner and the first workspace."""
    _require_open()
    database, now, form = installation().database, request_now(), request.form
    throttle.require_try(database, f"setup:{request.remote_addr}", signing.PER_ADDRESS, now=now)
    locale = form.get("locale", preferences.current_locale())
    owner = NewUser(form.get("email", ""), form.get("name", ""), form.get("password", ""), locale)
    shop = shop_from_form(form)
    settings = {
        "zone": shop.zone,
        "currency": shop.currency,
        "locale": locale,
        "week_start": shop.week_start,
    }
    wish = FirstRun(form.get("code", ""), owner, shop.key, shop.name, settings)
    try:
        person, _place = setup.set_up(database, wish, now=now)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, _SET_UP_FIELDS)
        page = {"values": form, "errors": errors, "options": shop_options()}
        return render("accounts/set_up.html", 422, **page)
    flash("accounts.welcome", name=person.name)
    return _let_in(person, url_for("home.front"))


_SET_UP_FIELDS = (
    "code", "name", "email", "password", "shop/name", "shop/zone", "shop/currency", "locale",
)  # fmt: skip


@blueprint.get("/invitations/<secret>")
@open_to_link_holders
def invitation(secret: str) -> ResponseReturnValue:
    """Who invites, and where to."""
    return _invitation_page(secret, {}, {})


@blueprint.post("/invitations/<secret>")
@open_to_link_holders
def accept_invitation(secret: str) -> ResponseReturnValue:
    """Join with the account one is signed in with, or with a new one."""
    database, now, form = installation().database, request_now(), request.form
    throttle.require_try(
        database, f"invitation:{request.remote_addr}", signing.PER_ADDRESS, now=now
    )
    who: NewUser | User | None = current_person()
    if who is None:
        with database.main_tx(write=False) as connection:
            found = invitations.get_invitation(connection, secret, now=now)
        who = NewUser(
            found.email,
            form.get("name", ""),
            form.get("password", ""),
            preferences.current_locale(),
        )
    try:
        person = invitations.accept(database, secret, who, now=now)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, ("name", "password"))
        return _invitation_page(secret, form, errors, 422)
    except Conflict as conflict:
        words = conflict.message(preferences.current_locale())
        return _invitation_page(secret, form, {"": [words]}, 422)
    return _let_in(person, url_for("home.front"))


@blueprint.get("/new-password/<secret>")
@open_to_link_holders
def new_password(secret: str) -> ResponseReturnValue:
    """Where a password link leads."""
    return _new_password_page(secret, {})


@blueprint.post("/new-password/<secret>")
@open_to_link_holders
def choose_password(secret: str) -> ResponseReturnValue:
    """Set the new password and go in."""
    database, now = installation().database, request_now()
    throttle.require_try(
        database, f"new-password:{request.remote_addr}", signing.PER_ADDRESS, now=now
    )
    try:
        with database.main_tx() as connection:
            password = request.form.get("password", "")
            person = password_links.use_link(connection, secret, password, now=now)
    except Invalid as invalid:
        return _new_password_page(secret, errors_by_field(invalid.problems), 422)
    flash("accounts.password-changed")
    return _let_in(person, url_for("home.front"))


@blueprint.post("/preferences")
@open_to_all
def prefer() -> ResponseReturnValue:
    """Language or theme from the menus, for this browser and, signed in, for the person."""
    locale, theme = request.form.get("locale"), request.form.get("theme")
    person = current_person()
    if person is not None and locale in LOCALES:
        profiles.save_profile(
            installation().database, person, name=person.name, locale=locale, now=request_now()
        )
    response = go_to(_page_before())
    preferences.remember(response, locale=locale, theme=theme)
    return response


def _let_in(person: User, target: str) -> Response:
    visit = renew_visit()
    signing.sign_in(
        installation().database,
        person,
        visit,
        agent=request.headers.get("User-Agent", ""),
        now=request_now(),
    )
    response = go_to(target)
    preferences.remember(response, locale=person.locale)
    return response


def _invitation_page(
    secret: str, values: object, errors: dict[str, list[str]], status: int = 200
) -> Response:
    with installation().database.main_tx(write=False) as connection:
        found = invitations.get_invitation(connection, secret, now=request_now())
        known = users.find_user(connection, found.email) is not None
    return render(
        "accounts/invitation.html",
        status,
        invitation=found,
        person=current_person(),
        known=known,
        secret=secret,
        values=values,
        errors=errors,
    )


def _new_password_page(secret: str, errors: dict[str, list[str]], status: int = 200) -> Response:
    with installation().database.main_tx(write=False) as connection:
        person = password_links.owner_of_link(connection, secret, now=request_now())
    page = {"person": person, "secret": secret, "errors": errors}
    return render("accounts/new_password.html", status, **page)


def _require_open() -> None:
    if not setup.is_open(installation().database):
        raise NotFound()


def _wanted_page() -> str:
    """The page somebody wanted before signing in; only one of our own, rebuilt from its route."""
    return own_page(request.values.get("next", "")) or url_for("home.front")


def _page_before() -> str:
    return own_page(urlsplit(request.referrer or "").path) or url_for("home.front")


def own_page(path: str) -> str | None:
    """``path`` rebuilt from the route it matches; None when it is none of ours."""
    plain, _mark, query = path.partition("?")
    if not plain.startswith("/") or plain.startswith("//") or "\\" in plain:
        return None
    try:
        endpoint, arguments = current_app.url_map.bind("").match(plain, method="GET")
    except HTTPException:
        return None
    rebuilt: str = url_for(endpoint, **arguments)
    return f"{rebuilt}?{query}" if query and query.isprintable() else rebuilt
