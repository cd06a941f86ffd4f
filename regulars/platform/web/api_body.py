"""A JSON body held against the schema that its route declares, all problems together."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from flask import Request
from jsonschema import Draft202012Validator

from regulars.platform.errors import Invalid
from regulars.platform.json_schema import shape_problems, validator
from regulars.platform.web.api_route import Schema
from regulars.platform.web.json_body import read_object


def read_shaped(request: Request, schema: Schema) -> dict[str, Any]:
    """The body; Invalid with every way it departs from ``schema``, unknown keys included."""
    body = read_object(request)
    problems = shape_problems(_checker(json.dumps(schema, sort_keys=True)), body)
    if problems:
        raise Invalid(problems)
    return body


def read_optional(request: Request, schema: Schema) -> dict[str, Any]:
    """The same for a route whose body may be left out."""
    return read_shaped(request, schema) if request.get_data(cache=True) else {}


@lru_cache(maxsize=256)
def _checker(schema: str) -> Draft202012Validator:
    return validator(json.loads(schema, object_hook=_without_names))


def _without_names(part: dict[str, Any]) -> dict[str, Any]:
    """What a body names (a definition, a condition) is an object; its own service checks it."""
    return {"type": "object"} if "$ref" in part else part
