"""Pages whose address is the key: invitations, new passwords, a second factor to be dropped."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts import invitations, password_links, signing, throttle, users
from regulars.platform.accounts.routing import current_person
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.accounts.web.arriving import let_in
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import open_to_link_holders
from regulars.platform.web.rendering import render


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
    is_known = who is not None
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
        person, place = invitations.accept(database, secret, who, now=now)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, ("name", "password"))
        return _invitation_page(secret, form, errors, 422)
    except Conflict as conflict:
        words = conflict.message(preferences.current_locale())
        return _invitation_page(secret, form, {"": [words]}, 422)
    target = url_for("home.workspace_home", workspace=place.key)
    return go_to(target) if is_known else let_in(person, target)


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
            person = password_links.choose_password(connection, secret, password, now=now)
    except Invalid as invalid:
        return _new_password_page(secret, errors_by_field(invalid.problems), 422)
    flash("accounts.password-changed")
    return let_in(person, url_for("home.front"))


@blueprint.get("/second-factor/<secret>")
@open_to_link_holders
def drop_second_factor(secret: str) -> ResponseReturnValue:
    """Where a link leads that turns the second factor off for somebody whose phone is gone."""
    return _drop_page(secret, {})


@blueprint.post("/second-factor/<secret>")
@open_to_link_holders
def do_drop_second_factor(secret: str) -> ResponseReturnValue:
    """The link and the password together are two factors; then it is off."""
    database, now = installation().database, request_now()
    throttle.require_try(
        database, f"new-password:{request.remote_addr}", signing.PER_ADDRESS, now=now
    )
    with database.main_tx(write=False) as connection:
        link = password_links.find_link(connection, secret, ("second_factor",), now=now)
    try:
        password = request.form.get("password", "")
        signing.check_own_password(database, link.person, password, now=now)
    except Invalid as invalid:
        return _drop_page(secret, errors_by_field(invalid.problems), 422)
    with database.main_tx() as connection:
        person = password_links.drop_second_factor(connection, secret, now=now)
    flash("accounts.factor-dropped", "warning")
    return let_in(person, url_for("home.front"))


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
        link = password_links.find_link(
            connection, secret, password_links.FOR_PASSWORDS, now=request_now()
        )
    page = {"link": link, "secret": secret, "errors": errors}
    return render("accounts/new_password.html", status, **page)


def _drop_page(secret: str, errors: dict[str, list[str]], status: int = 200) -> Response:
    with installation().database.main_tx(write=False) as connection:
        link = password_links.find_link(connection, secret, ("second_factor",), now=request_now())
    page = {"link": link, "secret": secret, "errors": errors}
    return render("accounts/drop_second_factor.html", status, **page)
