"""The page that asks before something is published that breaks what somebody wanted kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
from werkzeug.wrappers import Response

from regulars.platform.definitions.watching import FIELD, WouldBreak
from regulars.platform.web import csrf
from regulars.platform.web.htmx import is_htmx
from regulars.platform.web.rendering import render


def breaks_page(found: WouldBreak) -> Response:
    """What breaks; what was sent can be sent again by who means it."""
    ours = (FIELD, csrf.FIELD)
    posted = [pair for pair in request.form.items(multi=True) if pair[0] not in ours]
    answer = render(
        "definitions/_breaks.html" if is_htmx() else "definitions/breaks.html", 409,
        sentences=found.sentences, posted=posted, field=FIELD,
        action=request.full_path.rstrip("?"), back=_where_from(),
    )  # fmt: skip
    if is_htmx():
        answer.headers.update({"HX-Retarget": "#content", "HX-Reswap": "innerHTML"})
    return answer


def _where_from() -> str:
    """The page that sent it; only ever one of ours."""
    sent_by = request.headers.get("HX-Current-URL") or request.referrer or ""
    path = urlsplit(sent_by).path
    return path if path.startswith("/w/") else request.path
