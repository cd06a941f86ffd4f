"""The random id by which a browser is known, before and after sign-in.

The cookie holds nothing but this id. What it means (who is signed in) stands in SQL under the
id's hash, so that a stolen database opens no session and signing out works everywhere at once.
"""

from __future__ import annotations

import re

from flask import Flask, Request, Response, g, request
from flask.sessions import NullSession, SessionInterface

from regulars.platform import ids
from regulars.platform.ids import fingerprint as fingerprint
from regulars.platform.web.installation import installation

_SHAPE = re.compile(r"^[A-Za-z0-9_-]{43}$")
VISIT_SIZE = 32
_DAYS = 30


class NoSessions(SessionInterface):
    """Flask's own sessions, which would keep their content in the cookie, are not used."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Always the empty one, which refuses to be written to."""
        return self.make_null_session(app)


def cookie_name() -> str:
    """``__Host-`` binds the cookie to this very host, which browsers only allow on https."""
    return "__Host-regulars" if installation().config.is_https else "regulars"


def visit_id() -> str:
    """This browser's id; a newcomer gets one with the answer."""
    if "visit_id" not in g:
        given = request.cookies.get(cookie_name(), "")
        if _SHAPE.match(given):
            g.visit_id, g.visit_is_new = given, False
        else:
            renew_visit()
    current: str = g.visit_id
    return current


def renew_visit(chosen: str = "") -> str:
    """A fresh id, so that an id planted before sign-in is worth nothing after it."""
    g.visit_id, g.visit_is_new = chosen or ids.new_token(VISIT_SIZE), True
    fresh: str = g.visit_id
    return fresh


def lengthen_visit() -> None:
    """Send the cookie again, so that it lasts as long as the session it opens."""
    g.visit_is_new = True


def send_cookie(app: Flask) -> None:
    """Hand a new id to the browser with the answer that needs it."""

    @app.after_request
    def set_visit(response: Response) -> Response:
        if g.get("visit_is_new"):
            response.set_cookie(
                cookie_name(),
                g.visit_id,
                max_age=_DAYS * 24 * 3600,
                secure=installation().config.is_https,
                httponly=True,
                samesite="Lax",
                path="/",
            )
        return response
