"""What happens once somebody has shown who they are: a fresh visit, and the page they wanted."""

from __future__ import annotations

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from regulars.platform.accounts import signing
from regulars.platform.accounts.sessions import Device
from regulars.platform.accounts.users import User
from regulars.platform.web import preferences
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.visit import renew_visit, visit_id


def let_in(person: User, target: str) -> Response:
    """Open a session under a fresh visit id, or ask for the second factor first."""
    database = installation().database
    signing.sign_out(database, visit_id())  # whoever was here before in this browser
    is_in = signing.begin(database, person, renew_visit(), this_device(), now=request_now())
    response = go_to(target if is_in else url_for("accounts.second_step", next=target))
    preferences.remember(response, locale=person.locale)
    return response


def this_device() -> Device:
    """The browser that sends this request."""
    return Device(request.headers.get("User-Agent", ""), request.remote_addr or "")


def wanted_page() -> str:
    """The page somebody wanted before signing in; only one of our own, rebuilt from its route."""
    return own_page(request.values.get("next", "")) or url_for("home.front")


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
