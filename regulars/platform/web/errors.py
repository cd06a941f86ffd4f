"""The one place that turns an error into a status and words: a page, a fragment, problem+json.

Nobody ever sees a traceback; an unexpected error gets a number that stands in the log too.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WerkzeugResponse

from regulars.platform import i18n, ids
from regulars.platform.errors import Busy, Invalid, NotSignedIn, RegularsError, SecondFactorNeeded
from regulars.platform.retrying import lost_race
from regulars.platform.web.htmx import go_to, is_htmx
from regulars.platform.web.permissions import requested_permission
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

log = logging.getLogger(__name__)

API_PREFIX = "/api/"
SIGN_IN = "accounts.sign_in"
SECOND_FACTOR = "accounts.second_factor"
RETRY_AFTER = 2  # seconds

_NO_ROOM = "53"  # PostgreSQL's class of states for a full disk, memory or list of connections
_NO_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT}
_PAGES = {400, 403, 404, 405, 413, 415, 422, 429, 500, 503}


def map_errors(app: Flask) -> None:
    """Answer every error of this application in style and in the reader's language."""
    app.register_error_handler(RegularsError, on_refusal)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(DBAPIError, on_database_error)
    app.register_error_handler(PoolTimeout, on_database_error)
    app.register_error_handler(OSError, on_system_error)
    app.register_error_handler(Exception, on_mistake)


def on_refusal(error: RegularsError) -> WerkzeugResponse:
    """An error named for the reader."""
    if isinstance(error, NotSignedIn) and not for_api():
        return go_to(_sign_in_url())
    if isinstance(error, SecondFactorNeeded) and not for_api():
        return go_to(current_app.url_for(SECOND_FACTOR))
    text = error.message(current_locale())
    problems = error.problems if isinstance(error, Invalid) else []
    said = [problem.as_json(current_locale()) for problem in problems]
    response = _answer(error.status, error.code, text, problems=said, more=error.details)
    if wait := error.params.get("retry_after"):
        response.headers["Retry-After"] = str(wait)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="regulars"'
    return response


def on_http_error(error: HTTPException) -> WerkzeugResponse:
    """Flask's own errors: no such page, wrong method, too large."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    response = _answer(status, f"http-{status}", _http_words(status))
    if status == 405 and (allow := dict(error.get_headers()).get("Allow")):
        response.headers["Allow"] = allow
    return response


def on_database_error(error: Exception) -> WerkzeugResponse:
    """A store that is locked, full or away is "busy"; any other database error is our mistake."""
    if not _is_passing(error):
        return on_mistake(error)
    log.warning("The store did not answer: %s", type(error).__name__)
    return on_refusal(Busy(retry_after=RETRY_AFTER))


def on_system_error(error: OSError) -> WerkzeugResponse:
    """A machine that gives no more files, memory or room is "busy"; other errors are ours."""
    if error.errno not in _NO_FILES:
        return on_mistake(error)
    log.warning("The system refused: %s", error.strerror)
    return on_refusal(Busy(retry_after=RETRY_AFTER))


def on_mistake(error: Exception) -> WerkzeugResponse:
    """What should not happen: a number for the reader, the story for the log."""
    incident = ids.new_code(8)
    log.error("Unexpected error %s", incident, exc_info=error)
    words = i18n.translate("errors.http-500", current_locale())
    return _answer(500, "mistake", words, incident=incident)


def for_api() -> bool:
    """Whether the caller is a program that reads problem+json."""
    if request.headers.get("Accept") == "application/json":  # a script of one of our pages
        return True
    permission = requested_permission()
    if permission is not None:
        return permission.door in ("api", "installation")
    return request.path.startswith(API_PREFIX)


def problem_json(status: int, code: str, title: str, **more: Any) -> Response:
    """An answer as RFC 9457 asks for it; ``problems`` lists ``{path, code, message}``."""
    body = {"type": "about:blank", "status": status, "code": code, "title": title, **more}
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def _answer(
    status: int, code: str, text: str, *, problems: Any = (), incident: str = "",
    more: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    if for_api():
        said = {**(more or {}), **({"incident": incident} if incident else {})}
        return problem_json(status, code, text, problems=list(problems), **said)
    context = {"status": status, "text": text, "problems": problems, "incident": incident}
    if is_htmx():
        # The words become a toast; the page under the reader's hands stays as it is.
        response = render("errors/_notice.html", status, **context)
        response.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"})
        return response
    return render("errors/error.html", status, kind=status if status in _PAGES else 400, **context)


def _http_words(status: int) -> str:
    known = i18n.find_text(f"errors.http-{status}", current_locale())
    return known or i18n.translate("errors.http-400", current_locale())


def _is_passing(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or lost_race(error):
        return True
    if str(getattr(error.orig, "sqlstate", "")).startswith(_NO_ROOM):
        return True
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN:
        return True  # the process has no file left to open it with
    said = str(error.orig).lower()
    return any(
        word in said for word in ("locked", "busy", "disk", "full", "connection", "timeout")
    )


def _sign_in_url() -> str:
    """The sign-in page; it brings a reader back to a page that was only looked at."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" and not is_htmx() else None
    return current_app.url_for(SIGN_IN, next=wanted if wanted != "/" else None)
