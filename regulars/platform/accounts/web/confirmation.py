"""Typing the password again before something that a borrowed browser must not do.

``@confirmed`` stands above the door of a view. Whoever typed their password less than ten minutes
ago passes; anybody else is asked first, and what they sent comes along, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts import sessions, signing
from regulars.platform.accounts.routing import current_session, signed_in_page
from regulars.platform.accounts.sessions import Session
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web.arriving import own_page, wanted_page
from regulars.platform.accounts.web.entrance import blueprint
from regulars.platform.errors import Invalid
from regulars.platform.web import csrf, preferences
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.rendering import render

View = Callable[..., ResponseReturnValue]

FIELD = "confirm_password"


def confirmed_when(is_sensitive: Callable[[], bool]) -> Callable[[View], View]:
    """Ask for the password where ``is_sensitive()`` says so of this request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> ResponseReturnValue:
            session = current_session()
            if session is None or session.is_confirmed or not is_sensitive():
                return view(**arguments)
            preferences.set_locale(session.user.locale)
            errors: dict[str, list[str]] = {}
            if FIELD in request.form:
                errors = _try_password(session)
                if not errors:
                    return view(**arguments)
            return _ask(errors)

        return guarded

    return decorate


def confirmed(view: View) -> View:
    """Ask for the password before this view, unless it was typed a moment ago."""
    return confirmed_when(lambda: True)(view)


@blueprint.get("/account/confirm")
@signed_in_page
def confirm(person: User) -> ResponseReturnValue:
    """The question on a page of its own; ``next`` is where it leads."""
    return _page(url_for("accounts.do_confirm"), wanted_page(), {"next": wanted_page()}, {}, 200)


@blueprint.post("/account/confirm")
@signed_in_page
def do_confirm(person: User) -> ResponseReturnValue:
    """Back to where the question came up."""
    session = current_session()
    assert session is not None, "the door lets nobody in unnamed"
    target = wanted_page()
    if errors := _try_password(session):
        return _page(url_for("accounts.do_confirm"), target, {"next": target}, errors, 422)
    return go_to(target)


def _try_password(session: Session) -> dict[str, list[str]]:
    database, now = installation().database, request_now()
    given = request.form.get(FIELD, "")
    try:
        signing.check_own_password(database, session.user, given, now=now, path=FIELD)
    except Invalid as invalid:
        return errors_by_field(invalid.problems)
    with database.main_tx() as connection:
        sessions.confirm_session(connection, session.visit_hash, now=now)
    return {}


def _ask(errors: dict[str, list[str]]) -> Response:
    if request.method == "GET":  # a download: asked for again once the password is typed
        return go_to(url_for("accounts.confirm", next=own_page(request.full_path.rstrip("?"))))
    if is_htmx():
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return go_to(url_for("accounts.confirm", next=own_page(here)))
    back = own_page(urlsplit(request.referrer or "").path) or url_for("home.front")
    sent = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in (FIELD, csrf.FIELD)
    ]
    return _page(request.full_path.rstrip("?"), back, sent, errors, 422 if errors else 403)


def _page(
    action: str, back: str, sent: Any, errors: dict[str, list[str]], status: int
) -> Response:
    values = list(sent.items()) if isinstance(sent, dict) else sent
    context = {"action": action, "back": back, "sent": values, "errors": errors}
    return render("accounts/confirm.html", status, **context)
