"""JSON at the API's border: a body that says it is JSON, of a bounded size, read strictly."""

from __future__ import annotations

from typing import Any

from flask import Request

from regulars.platform.errors import RegularsError, TooLarge
from regulars.platform.strict_json import BadJson, parse_json


class WrongMediaType(RegularsError):
    """The body is not declared as JSON."""

    status, code = 415, "not-json"


def read_json(request: Request, max_bytes: int | None = None) -> Any:
    """The parsed body of a request."""
    if request.mimetype != "application/json":
        raise WrongMediaType()
    body = request.get_data(cache=True)
    if max_bytes is not None and len(body) > max_bytes:
        raise TooLarge()
    return parse_json(body)


def read_object(request: Request, max_bytes: int | None = None) -> dict[str, Any]:
    """The parsed body, which must be an object."""
    body = read_json(request, max_bytes)
    if not isinstance(body, dict):
        raise BadJson("json-not-object")
    return body
