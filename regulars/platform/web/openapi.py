"""The OpenAPI 3.1 document of a workspace, made from the routes themselves.

Every route says what it takes and answers (`api_route.describe`); addresses, methods and
permissions come from the application. Record routes are shown once for each form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from regulars import __version__
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import kinds
from regulars.platform.web.api_route import (
    ID,
    REFUSAL,
    TEXT,
    ApiRoute,
    Instance,
    Schema,
    components,
    expansions,
    route_of,
)
from regulars.platform.web.permissions import permission_of

PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/schemas/"
_ARGUMENT = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")
_KEY: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}
_REFUSALS = {
    400: "bad-request", 401: "unauthorized", 403: "forbidden", 404: "not-found",
    409: "conflict", 412: "precondition", 413: "too-large", 415: "media-type",
    422: "invalid", 429: "too-often", 503: "busy",
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One method of one address. ``endpoint`` is the name of its view.

    ``word`` is the one that this address has where the route takes one of some words.
    """

    path: str
    method: str
    endpoint: str
    summary: str
    capability: str | None
    arguments: Mapping[str, str]
    route: ApiRoute | None
    word: str = ""


def operations(app: Flask) -> list[Operation]:
    """Every method of every API route, by address; one that says nothing has no ``route``."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if rule.rule.startswith(f"{PREFIX}/"):
            found += list(_operations_of(app, rule))
    return found


def undescribed(app: Flask) -> list[str]:
    """The routes for programs that do not say what they take and answer."""
    return [
        f"{each.method.upper()} {each.path} ({each.endpoint}): put @describe(…) right above it"
        for each in operations(app)
        if each.route is None and _is_for_programs(app, each)
    ]


def document(app: Flask, uow: UnitOfWork, access: Access, server: str) -> dict[str, Any]:
    """The whole document for one reader of one workspace; ``server`` is its public address."""
    say = access.locale
    shown: dict[str, Any] = {}
    schemas: dict[str, Any] = {name: dict(each) for name, each in components.items()}
    for kind in kinds:
        schemas.update(_hoisted(f"{kind.name.capitalize()}Definition", kind.schema))
    instances = {name: _instances(uow, access, name) for name in expansions.names()}
    for found in instances.values():
        for each in found:
            schemas.update(each.schemas)
    tags: dict[str, str] = {}
    for operation in operations(app):
        if operation.route is None:
            continue
        for path, item, tag, label in _shown(operation, instances, say):
            shown.setdefault(path, {})[operation.method] = item
            tags.setdefault(tag, label)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": uow.workspace.name,
            "version": __version__,
            "description": i18n.translate("api.lead", say),
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": label} for name, label in tags.items()],
        "paths": shown,
        "components": {
            "schemas": schemas,
            "responses": _refusals(say),
            "parameters": _parameters(say),
            "headers": _HEADERS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operations_of(app: Flask, rule: Rule) -> Iterator[Operation]:
    view = app.view_functions[rule.endpoint]
    said = " ".join((view.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")
    permission = permission_of(view)
    for path, word, arguments in _addresses(rule.rule.removeprefix(PREFIX)):
        for method in METHODS:
            if method.upper() in (rule.methods or ()):
                yield Operation(
                    path, method, rule.endpoint, said,
                    permission.capability if permission else None, arguments, route_of(view), word,
                )  # fmt: skip


def _addresses(rule: str, word: str = "") -> Iterator[tuple[str, str, dict[str, str]]]:
    """The address in braces; one for each choice where the route takes one of some words."""
    chosen = next((m for m in _ARGUMENT.finditer(rule) if m["converter"] == "any"), None)
    if chosen is not None:
        for choice in map(str.strip, chosen["choices"].split(",")):
            yield from _addresses(rule.replace(chosen.group(), choice), choice)
        return
    arguments = {m["name"]: m["converter"] or "string" for m in _ARGUMENT.finditer(rule)}
    yield _ARGUMENT.sub(r"{\g<name>}", rule), word, arguments


def _is_for_programs(app: Flask, operation: Operation) -> bool:
    permission = permission_of(app.view_functions[operation.endpoint])
    return permission is not None and permission.door == "api"


def _instances(uow: UnitOfWork, access: Access, name: str) -> Sequence[Instance]:
    """What a route is shown for; its schemas under names of their own."""
    made = []
    for each in expansions.get(name)(uow, access):
        prefix = ".".join(each.values.values())
        own = set(each.schemas)
        schemas = {
            f"{prefix}.{key}": _renamed(each.schemas[key], own, prefix) for key in each.schemas
        }
        made.append(Instance(each.values, each.label, schemas))
    return made


def _shown(
    operation: Operation, instances: Mapping[str, Sequence[Instance]], locale: str
) -> Iterator[tuple[str, dict[str, Any], str, str]]:
    """(path, operation object, tag, words of the tag), once or once for every instance."""
    route = operation.route
    assert route is not None
    name = "-".join(filter(None, (operation.endpoint.replace(".", "-"), operation.word)))
    area = i18n.find_text(f"api.area.{route.area}", locale) or route.area
    made = _operation(operation, route, locale)
    if not route.each:
        yield operation.path, {**made, "operationId": name}, route.area, area
        return
    for each in instances[route.each]:
        path = operation.path
        for key, value in each.values.items():
            path = path.replace(f"{{{key}}}", value)
        prefix = ".".join(each.values.values())
        own = {key.removeprefix(f"{prefix}.") for key in each.schemas}
        item = _renamed(made, own, prefix)
        item["parameters"] = [p for p in item["parameters"] if p.get("name") not in each.values]
        item["tags"] = [prefix]
        item["operationId"] = f"{name}-{prefix}"
        yield path, item, prefix, i18n.pick(each.label, locale)


def _operation(operation: Operation, route: ApiRoute, locale: str) -> dict[str, Any]:
    key = f"api.does.{operation.endpoint}"
    summary = i18n.find_text(key, locale) or operation.summary
    item: dict[str, Any] = {
        "tags": [route.area],
        "summary": summary,
        "description": operation.summary,
        "parameters": _asked(operation, route),
        "responses": _answers(operation, route, locale),
    }
    if operation.capability:
        item["x-capability"] = operation.capability
    if route.body is not None:
        content = {"application/json": {"schema": route.body}}
        item["requestBody"] = {"required": not route.body_optional, "content": content}
    elif route.upload is not None:
        content = {"multipart/form-data": {"schema": route.upload}}
        item["requestBody"] = {"required": True, "content": content}
    return item


def _asked(operation: Operation, route: ApiRoute) -> list[Any]:
    kinds_of = {"int": ID, "path": TEXT}
    asked: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": kinds_of.get(converter, _KEY)}
        for name, converter in operation.arguments.items()
    ]
    for name, schema in route.query.items():
        shown: dict[str, Any] = {"name": name, "in": "query", "schema": schema}
        if schema.get("contentMediaType") == "application/json":
            inner = {key: schema[key] for key in schema if key != "contentMediaType"}
            shown = {
                "name": name,
                "in": "query",
                "content": {"application/json": {"schema": inner}},
            }
        elif schema.get("type") == "array":
            shown |= {"style": "form", "explode": False}
        asked.append(shown)
    wanted = ["IdempotencyKey"] if operation.method == "post" else []
    if route.tagged and operation.method in ("put", "patch", "delete"):
        wanted.append("IfMatch")
    if route.tagged and operation.method == "get":
        wanted.append("IfNoneMatch")
    return asked + [{"$ref": f"#/components/parameters/{name}"} for name in wanted]


def _answers(operation: Operation, route: ApiRoute, locale: str) -> dict[str, Any]:
    say = i18n.translate
    made: dict[str, Any] = {}
    for status, schema in route.answers.items():
        answer: dict[str, Any] = {"description": say(f"api.status.{status}", locale)}
        made[str(status)] = answer
        if route.files:
            answer["content"] = {name: {} for name in route.files}
            if schema is not None:
                answer["content"]["application/json"] = {"schema": schema}
        elif schema is not None:
            answer["content"] = {"application/json": {"schema": schema}}
        headers = ["RateLimit", "RateLimit-Policy"] + (["ETag"] if route.tagged and schema else [])
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    if route.tagged and operation.method == "get":
        made["304"] = {"description": say("api.status.304", locale)}
    for status, name in _REFUSALS.items():
        made[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return made


def _refusals(locale: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": REFUSAL}}
    return {
        name: {"description": i18n.translate(f"api.status.{status}", locale), "content": content}
        for status, name in _REFUSALS.items()
    }


def _parameters(locale: str) -> dict[str, Any]:
    names = {
        "IdempotencyKey": "Idempotency-Key", "IfMatch": "If-Match", "IfNoneMatch": "If-None-Match",
    }  # fmt: skip
    return {
        key: {
            "name": name,
            "in": "header",
            "required": False,
            "description": i18n.translate(f"api.header.{name}", locale),
            "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
        }
        for key, name in names.items()
    }


_HEADERS = {
    "RateLimit": {"schema": {"type": "string"}, "example": '"token";r=599;t=60'},
    "RateLimit-Policy": {"schema": {"type": "string"}, "example": '"token";q=600;w=60'},
    "ETag": {"schema": {"type": "string"}, "example": '"3"'},
}


def _hoisted(name: str, schema: Schema) -> dict[str, Any]:
    """A schema with its ``$defs`` as named schemas of the document."""
    whole = json.dumps(schema)
    inner = {k: v for k, v in schema.get("$defs", {}).items() if f'"#/$defs/{k}"' in whole}
    moved = {f"#/$defs/{key}": f"{REFERENCE}{name}.{key}" for key in inner}
    made = {name: _moved({k: v for k, v in schema.items() if k not in _OF_A_FILE}, moved)}
    made |= {f"{name}.{key}": _moved(each, moved) for key, each in inner.items()}
    return made


_OF_A_FILE = ("$defs", "$schema", "$id")


def _moved(value: Any, moved: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: moved.get(each, each) if key == "$ref" else _moved(each, moved)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_moved(each, moved) for each in value]
    return value


def _renamed(value: Any, own: set[str], prefix: str) -> Any:
    moved = {f"{REFERENCE}{key}": f"{REFERENCE}{prefix}.{key}" for key in own}
    return _moved(value, moved)
