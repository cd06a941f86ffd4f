"""Turning the second factor on and off, and new recovery codes."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts import second_factors, sessions, strictness, trail
from regulars.platform.accounts.routing import current_places, current_session, signed_in_page
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.errors import Invalid
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.rendering import render
from regulars.platform.web.visit import fingerprint, renew_visit


@blueprint.get("/account/second-factor")
@signed_in_page
def second_factor(person: User) -> ResponseReturnValue:
    """Whether it is on; while it is being set up, what to put into the app."""
    return _page(person, {})


@blueprint.post("/account/second-factor")
@confirmed
@signed_in_page
def begin_second_factor(person: User) -> ResponseReturnValue:
    """Make a secret to put into the app."""
    place = installation()
    with place.database.main_tx() as connection:
        second_factors.begin(connection, place.seal, person.id, now=request_now())
    return go_to(url_for("accounts.second_factor"))


@blueprint.post("/account/second-factor/confirm")
@signed_in_page
def confirm_second_factor(person: User) -> ResponseReturnValue:
    """A first code shows that the app has it; from now on it is asked for."""
    place, now = installation(), request_now()
    try:
        codes = second_factors.confirm(
            place.database, place.seal, person.id, request.form.get("code", ""), now=now
        )
    except Invalid as invalid:
        return _page(person, errors_by_field(invalid.problems), 422)
    session, fresh = current_session(), fingerprint(renew_visit())
    assert session is not None, "the door lets nobody in unnamed"
    with place.database.main_tx() as connection:
        sessions.close_sessions_of(connection, person.id, keep=session.visit_hash)
        sessions.move_session(connection, session.visit_hash, fresh, now=now)
        sessions.close_session(connection, session.visit_hash)
    return _codes_page(codes, is_new=True)


@blueprint.post("/account/second-factor/recovery-codes")
@confirmed
@signed_in_page
def renew_recovery_codes(person: User) -> ResponseReturnValue:
    """New codes on a page that is shown once; the old ones stop working."""
    with installation().database.main_tx() as connection:
        if not second_factors.is_on(connection, person.id):
            return go_to(url_for("accounts.second_factor"))
        codes = second_factors.new_recovery_codes(connection, person.id)
        trail.note(connection, "recovery-codes-made", person.id, now=request_now())
    return _codes_page(codes, is_new=False)


@blueprint.post("/account/second-factor/off")
@confirmed
@signed_in_page
def turn_off_second_factor(person: User) -> ResponseReturnValue:
    """The password alone is enough again."""
    with installation().database.main_tx() as connection:
        second_factors.turn_off(connection, person.id, now=request_now())
    flash("accounts.factor-turned-off", "warning")
    return go_to(url_for("accounts.second_factor"))


def _page(person: User, errors: dict[str, list[str]], status: int = 200) -> Response:
    place = installation()
    with place.database.main_tx(write=False) as connection:
        state = second_factors.state_of(connection, person.id)
        setup = second_factors.unfinished(connection, place.seal, person)
        strict = strictness.strict_workspaces(connection)
    demanding = [each.name for each in current_places() if each.id in strict]
    page = {"state": state, "setup": setup, "demanding": demanding, "errors": errors}
    return render("accounts/second_factor.html", status, person=person, **page)


def _codes_page(codes: list[str], *, is_new: bool) -> Response:
    return render("accounts/recovery_codes.html", codes=codes, is_new=is_new)
