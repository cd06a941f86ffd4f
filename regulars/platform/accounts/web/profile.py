"""One's own account: name, language, theme, password, and where one is signed in."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import profiles, second_factors, sessions, signing, users
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.devices import device_of
from regulars.platform.accounts.routing import current_person, workspace_page
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web import preferences
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
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


@blueprint.post("/w/<workspace>/profile/sessions/<handle>/end")
@workspace_page("enter", writes=False, at_rest=True)
def end_session(uow: UnitOfWork, access: Access, handle: str) -> ResponseReturnValue:
    """Sign one other device out."""
    with uow.database.main_tx() as connection:
        sessions.close_by_handle(connection, _me().id, handle)
    flash("accounts.session-ended")
    return go_to(url_for("accounts.profile"))


@blueprint.post("/w/<workspace>/profile/sessions/end-others")
@workspace_page("enter", writes=False, at_rest=True)
def end_other_sessions(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Sign every other device out."""
    with uow.database.main_tx() as connection:
        ended = sessions.close_sessions_of(connection, _me().id, keep=fingerprint(visit_id()))
    flash("accounts.sessions-ended", n=ended)
    return go_to(url_for("accounts.profile"))


def _change_password(uow: UnitOfWork, person: User) -> None:
    database, now, current = uow.database, uow.now, request.form.get("current", "")
    signing.check_own_password(database, person, current, now=now, path="current")
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
    context: dict[str, object] = {"errors": {}, "key_errors": {}, **mistakes}
    person, now = _me(), request_now()
    values = request.form if "name" in request.form else {}
    with installation().database.main_tx(write=False) as connection:
        factor = second_factors.state_of(connection, person.id)
        here = fingerprint(visit_id())
        places = sessions.list_sessions(connection, person.id, here, now=now)
    context |= {"factor": factor, "sessions": places, "device_of": device_of}
    return render("accounts/profile.html", status, person=person, values=values, **context)
