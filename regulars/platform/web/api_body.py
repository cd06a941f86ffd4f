"""A JSON body held against the schema that its route declares, all problems together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Request
from jsonschema import Draft202012Validator

from regulars.platform.errors import Invalid
from regulars.platform.json_schema import shape_problems, validator
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json
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


def read_query(request: Request, asked: Mapping[str, Schema]) -> dict[str, Any]:
    """The address's parameters as their schemas have it; Invalid with every one that is wrong.

    Lists are written ``a,b``, conditions as JSON. What is not asked for is refused.
    """
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in request.args.items():
        if name not in asked:
            problems.append(Problem(name[:60], "unknown-key", {"key": name[:60]}))
            continue
        try:
            found[name] = _plain(asked[name], text)
        except BadJson:
            problems.append(Problem(name, "not-json"))
    schema = {"type": "object", "properties": dict(asked)}
    problems += shape_problems(_checker(json.dumps(schema, sort_keys=True)), found)
    if problems:
        raise Invalid(problems)
    return found


def _plain(schema: Schema, text: str) -> Any:
    """What a parameter means; a text that cannot be that stays text, and the schema refuses it."""
    kind = schema.get("type")
    if schema.get("contentMediaType") == "application/json":
        return parse_json(text)
    if kind == "integer" and re.fullmatch(r"-?[0-9]{1,19}", text):
        return int(text)
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind == "array":
        each: Schema = schema.get("items", {})
        return [_plain(each, part.strip()) for part in text.split(",") if part.strip()]
    return text


@lru_cache(maxsize=256)
def _checker(schema: str) -> Draft202012Validator:
    return validator(json.loads(schema, object_hook=_without_names))


def _without_names(part: dict[str, Any]) -> dict[str, Any]:
    """What a body names (a definition, a condition) is an object; its own service checks it."""
    return {"type": "object"} if "$ref" in part else part
