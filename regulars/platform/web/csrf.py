"""A request that changes something must come from one of our own pages.

Two locks: the browser's own word (``Sec-Fetch-Site``, ``Origin``) and a token bound to the
visit id. Bearer-token routes take no cookie, so they need neither.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, g, request

from regulars.platform.errors import Forbidden, TooLarge
from regulars.platform.web.installation import installation
from regulars.platform.web.permissions import Permission, requested_permission
from regulars.platform.web.visit import visit_id

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
MAX_FIELDS = 2000
_SAFE = {"GET", "HEAD", "OPTIONS"}


def csrf_token() -> str:
    """The token that forms and htmx send back."""
    if "csrf_token" not in g:
        g.csrf_token = _token_for(visit_id(), installation().config.secret_key)
    token: str = g.csrf_token
    return token


def protect(app: Flask) -> None:
    """Check every unsafe request of every view that does not prove its caller otherwise."""

    @app.before_request
    def check() -> None:
        permission = requested_permission()
        if request.method in _SAFE or permission is None or not permission.csrf:
            return
        if len(request.form) > MAX_FIELDS:
            raise TooLarge()
        if not (_comes_from_here(permission) and _holds_token()):
            raise Forbidden("stale-page")


def _comes_from_here(permission: Permission) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None or (origin == "null" and permission.secret_address):
        return True
    return urlsplit(origin).netloc in {request.host, urlsplit(_base_url()).netloc}


def _holds_token() -> bool:
    given = (request.headers.get(HEADER) or request.form.get(FIELD, "")).encode()
    visit, keys = visit_id(), installation().config.secret_keys
    return any(hmac.compare_digest(given, _token_for(visit, key).encode()) for key in keys)


def _token_for(visit: str, key: str) -> str:
    return hmac.new(key.encode(), f"csrf:{visit}".encode(), hashlib.sha256).hexdigest()


def _base_url() -> str:
    return installation().config.base_url
