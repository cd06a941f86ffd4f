"""Short words for the next page: "Saved." They travel in a signed cookie, or with the fragment.

A page shows them as toasts; an htmx fragment gets them through the ``HX-Trigger`` header, and the
browser shows the same toast.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from flask import Flask, Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from regulars.platform import i18n
from regulars.platform.web.htmx import is_htmx
from regulars.platform.web.installation import installation
from regulars.platform.web.preferences import current_locale

Tone = Literal["success", "info", "warning", "danger"]

COOKIE = "regulars_flash"
_MOST = 4


def flash(key: str, tone: Tone = "success", **params: Any) -> None:
    """Say the catalog text ``key`` on the next page (or now, when a fragment is answered)."""
    words = {name: i18n.spoken(value, current_locale()) for name, value in params.items()}
    _waiting().append({"tone": tone, "text": i18n.translate(key, current_locale(), **words)})


def take_flashes() -> list[dict[str, str]]:
    """The words that wait, each ``{tone, text}``; they are shown once."""
    said = [*_from_cookie(), *_waiting()]
    g.flashes, g.flash_taken = [], True
    return said[-_MOST:]


def carry_flashes(app: Flask) -> None:
    """Send what nobody has shown yet along with the answer."""

    @app.after_request
    def send(response: Response) -> Response:
        waiting = _waiting()
        if waiting and is_htmx() and "HX-Redirect" not in response.headers:
            response.headers["HX-Trigger"] = _with_toasts(response, waiting)
        elif waiting:
            _set_cookie(response, [*_from_cookie(), *waiting][-_MOST:])
        elif g.get("flash_taken") and COOKIE in request.cookies:
            response.delete_cookie(COOKIE, path="/")
        return response


def _waiting() -> list[dict[str, str]]:
    if "flashes" not in g:
        g.flashes = []
    waiting: list[dict[str, str]] = g.flashes
    return waiting


def _with_toasts(response: Response, waiting: list[dict[str, str]]) -> str:
    """The header's events plus ours; ASCII, because headers are."""
    given = response.headers.get("HX-Trigger", "")
    events = json.loads(given) if given.startswith("{") else {}
    if given and not events:
        events = {name.strip(): {} for name in given.split(",")}
    return json.dumps({**events, "regulars:toast": {"toasts": waiting}})


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(installation().config.secret_keys)), salt="flash")


def _from_cookie() -> list[dict[str, str]]:
    if g.get("flash_taken") or COOKIE not in request.cookies:
        return []
    try:
        said = _serializer().loads(request.cookies[COOKIE])
    except BadSignature:
        return []
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _set_cookie(response: Response, waiting: list[dict[str, str]]) -> None:
    response.set_cookie(
        COOKIE,
        str(_serializer().dumps(waiting)),
        max_age=120,
        secure=installation().config.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
