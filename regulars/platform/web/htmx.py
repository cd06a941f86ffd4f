"""What htmx says in its requests and what we say back to it."""

from __future__ import annotations

from flask import Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse


def is_htmx() -> bool:
    """Whether htmx sent this request."""
    return request.headers.get("HX-Request") == "true"


def wants_partial() -> bool:
    """Whether a list page with a pushed address should answer with its fragment only.

    Going back in history asks for the whole page again. Pages that use this say ``vary_on_htmx``.
    """
    return is_htmx() and request.headers.get("HX-Request-Type") == "partial"


def vary_on_htmx(response: Response) -> Response:
    """Tell caches that htmx gets another body at this address."""
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def go_to(url: str) -> WerkzeugResponse:
    """After success: 303 for a plain form post; htmx is told to load the page itself."""
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": url})
    return redirect(url, code=303)


def with_event(response: Response, name: str) -> Response:
    """Let the page know that something happened (``hx-trigger="name from:body"`` listens)."""
    already = response.headers.get("HX-Trigger")
    response.headers["HX-Trigger"] = f"{already}, {name}" if already else name
    return response
