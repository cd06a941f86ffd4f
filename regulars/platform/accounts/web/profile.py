"""One's own account: name, language, theme, password."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import passwords, profiles, signing, throttle, users
from regulars.platform.accounts.first_password import forget_first_password
from regulars.platform.accounts.routing import signed_in_page
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.rendering import render
from regulars.platform.web.visit import fingerprint, visit_id


@blueprint.get("/profile")
@signed_in_page
def profile(person: User) -> ResponseReturnValue:
    """The page."""
    return _page(person)


@blueprint.post("/profile")
@signed_in_page
def save_profile(person: User) -> ResponseReturnValue:
    """A new name, language or theme."""
    name, locale = request.form.get("name", ""), request.form.get("locale", "")
    try:
        profiles.save_profile(
            installation().database, person, name=name, locale=locale, now=request_now()
        )
    except Invalid as invalid:
        return _page(person, 422, errors=errors_by_field(invalid.problems))
    preferences.set_locale(locale)
    flash("common.saved")
    response = go_to(url_for("accounts.profile"))
    preferences.remember(response, locale=locale, theme=request.form.get("theme"))
    return response


@blueprint.post("/profile/password")
@signed_in_page
def change_password(person: User) -> ResponseReturnValue:
    """A new password; every other device has to sign in again."""
    try:
        _change_password(person)
    except Invalid as invalid:
        return _page(person, 422, key_errors=errors_by_field(invalid.problems))
    flash("accounts.password-changed")
    return go_to(url_for("accounts.profile"))


def _change_password(person: User) -> None:
    database, now = installation().database, request_now()
    throttle.require_try(database, f"password:{person.id}", signing.PER_ACCOUNT, now=now)
    with database.main_tx(write=False) as connection:
        stored = users.password_hash_of(connection, person.id)
    if not passwords.password_matches(stored, request.form.get("current", "")):
        raise Invalid([Problem("current", "wrong-current-password")])
    with database.main_tx() as connection:
        keep = fingerprint(visit_id())
        users.set_password(
            connection, person, request.form.get("password", ""), now=now, keep=keep
        )
    forget_first_password(installation().config.data_dir, person.email)


def _page(person: User, status: int = 200, **mistakes: object) -> ResponseReturnValue:
    context = {"errors": {}, "key_errors": {}, **mistakes}
    return render("accounts/profile.html", status, person=person, values=request.form, **context)
