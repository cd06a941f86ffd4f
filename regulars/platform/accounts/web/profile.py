"""One's own account: name, language, theme, password."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import passwords, profiles, signing, throttle, users
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import current_person, workspace_page
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.platform.web.visit import fingerprint, visit_id


@blueprint.get("/w/<workspace>/profile")
@workspace_page("enter")
def profile(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The page."""
    return _page()


# Both forms below write through transactions of their own: the account lies in the main store.
@blueprint.post("/w/<workspace>/profile")
@workspace_page("enter", writes=False)
def save_profile(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """A new name, language or theme."""
    name, locale = request.form.get("name", ""), request.form.get("locale", "")
    try:
        profiles.save_profile(uow.database, _me(), name=name, locale=locale, now=uow.now)
    except Invalid as invalid:
        return _page(422, errors=errors_by_field(invalid.problems))
    preferences.set_locale(locale)
    flash("common.saved")
    response = go_to(url_for("accounts.profile"))
    preferences.remember(response, locale=locale, theme=request.form.get("theme"))
    return response


@blueprint.post("/w/<workspace>/profile/password")
@workspace_page("enter", writes=False)
def change_password(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """A new password; every other device has to sign in again."""
    try:
        _change_password(uow, _me())
    except Invalid as invalid:
        return _page(422, key_errors=errors_by_field(invalid.problems))
    flash("accounts.password-changed")
    return go_to(url_for("accounts.profile"))


def _change_password(uow: UnitOfWork, person: User) -> None:
    database, now = uow.database, uow.now
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


def _me() -> User:
    person = current_person()
    assert person is not None, "the door lets nobody in unnamed"
    return person


def _page(status: int = 200, **mistakes: object) -> ResponseReturnValue:
    context = {"errors": {}, "key_errors": {}, **mistakes}
    values = request.form if "name" in request.form else {}
    return render("accounts/profile.html", status, person=_me(), values=values, **context)
