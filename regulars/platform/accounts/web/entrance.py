"""In and out: sign-in with its second step, sign-out, first-run set-up, language and theme."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform import ids
from regulars.platform.accounts import looking, profiles, setup, signing, throttle
from regulars.platform.accounts.routing import current_person, current_session, signed_in_page
from regulars.platform.accounts.setup import FirstRun
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.accounts.web.arriving import let_in, own_page, this_device, wanted_page
from regulars.platform.accounts.web.shop_form import shop_from_form, shop_options
from regulars.platform.errors import Invalid, NotFound, NotSignedIn
from regulars.platform.i18n import LOCALES
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import open_to_all
from regulars.platform.web.rendering import render
from regulars.platform.web.visit import VISIT_SIZE, renew_visit, visit_id

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    """The way in."""
    if setup.is_open(installation().database):
        return go_to(url_for("accounts.set_up"))
    if current_person() is not None:
        return go_to(wanted_page())
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
    return let_in(person, wanted_page())


@blueprint.get("/sign-in/code")
@open_to_all
def second_step() -> ResponseReturnValue:
    """Where the code of the phone is asked for, after the password."""
    person = _waiting()
    if person is None:
        return go_to(url_for("accounts.sign_in"))
    return _second_step_page(person)


@blueprint.post("/sign-in/code")
@open_to_all
def do_second_step() -> ResponseReturnValue:
    """Check the code; the session begins under a fresh visit id."""
    person = _waiting()
    if person is None:
        return go_to(url_for("accounts.sign_in"))
    place, code = installation(), request.form.get("code", "")
    visits = (visit_id(), ids.new_token(VISIT_SIZE))
    try:
        signing.finish(place.database, place.seal, visits, this_device(), code, now=request_now())
    except Invalid as invalid:
        return _second_step_page(person, errors_by_field(invalid.problems), 422)
    renew_visit(visits[1])
    return go_to(wanted_page())


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    """End this session."""
    signing.sign_out(installation().database, visit_id())
    renew_visit()
    return go_to(url_for("accounts.sign_in"))


@blueprint.post("/account/look-back")
@signed_in_page
def look_back(person: User) -> ResponseReturnValue:
    """See with one's own eyes again, on the page one came from."""
    visit = current_session()
    assert visit is not None, "the door lets nobody in unnamed"
    with installation().database.main_tx() as connection:
        looking.end(connection, visit)
    return go_to(_page_before())


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
    return let_in(person, url_for("home.front"))


_SET_UP_FIELDS = (
    "code", "name", "email", "password", "shop/name", "shop/zone", "shop/currency", "locale",
)  # fmt: skip


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


def _waiting() -> User | None:
    """Who has given the password in this browser and still owes the code."""
    try:
        person = signing.waiting(installation().database, visit_id(), now=request_now())
    except NotSignedIn:
        return None
    preferences.set_locale(person.locale)
    return person


def _second_step_page(
    person: User, errors: dict[str, list[str]] | None = None, status: int = 200
) -> ResponseReturnValue:
    page = {"person": person, "errors": errors or {}, "next": wanted_page()}
    return render("accounts/second_step.html", status, **page)


def _require_open() -> None:
    if not setup.is_open(installation().database):
        raise NotFound()


def _page_before() -> str:
    return own_page(urlsplit(request.referrer or "").path) or url_for("home.front")
