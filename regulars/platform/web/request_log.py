"""One line for each request, under an id that also stands in the answer (``X-Request-Id``).

The line names the route, not the address: addresses hold links that are keys, and searches.
"""

from __future__ import annotations

import logging
import re
import time

from flask import Flask, Response, g, request

from regulars.platform import ids, logs
from regulars.platform.web import metrics
from regulars.platform.web.installation import installation
from regulars.platform.web.shell import current_shell

HEADER = "X-Request-Id"
_SHAPE = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
_QUIET = {"static_files.serve", "health.healthz", "health.readyz", "metrics.show"}

log = logging.getLogger(__name__)


def watch_requests(app: Flask) -> None:
    """Give every request its id, and log and count it when it is answered."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = _given_id() or ids.new_token(9)
        logs.begin(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "-"
        response.headers.setdefault(HEADER, g.get("request_id", ""))
        metrics.count_request(request.method, route, response.status_code, seconds)
        quiet = request.endpoint in _QUIET and response.status_code < 500
        access = current_shell().access
        fields = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": access.actor if access else None,
        }
        log.log(logging.DEBUG if quiet else logging.INFO, "request", extra={"fields": fields})
        return response


def _given_id() -> str:
    """The id a trusted proxy gave; anybody else's could be made to look like another request."""
    given = request.headers.get(HEADER, "")
    trusted = installation().config.trusted_proxies > 0
    return given if trusted and _SHAPE.match(given) else ""
