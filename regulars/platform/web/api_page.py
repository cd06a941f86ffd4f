"""The API on a page for people: what can be done, area by area, and what each form holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask import Flask

from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_route import ApiRoute, Instance, Schema, components, expansions
from regulars.platform.web.openapi import REFERENCE, Operation, operations

FIRST = (
    "records", "forms", "imports", "people", "consents", "files", "rules", "runs",
    "message-texts", "messages", "tasks", "reports", "dashboards", "units", "members", "roles",
    "tokens",
)  # fmt: skip
"""The areas most people come for, in this order; the others follow."""
MOST_WORDS = 12
_DEEPEST = 3


@dataclass(frozen=True)
class Row:
    """One key of what is sent: ``items.quantity``, what it is, whether it must be there."""

    key: str
    kind: str
    must: bool = False
    name: str = ""
    computed: bool = False


@dataclass(frozen=True)
class Deed:
    """One thing that can be done."""

    id: str
    method: str
    path: str
    title: str
    text: str
    query: Sequence[Row] = ()
    body: Sequence[Row] = ()
    body_optional: bool = False
    answers: Sequence[tuple[int, str]] = ()
    example: str = ""


@dataclass
class Area:
    """What can be done with one kind of thing."""

    key: str
    title: str
    deeds: list[Deed] = field(default_factory=list)


@dataclass(frozen=True)
class ShownForm:
    """What a record of one form holds."""

    key: str
    title: str
    rows: Sequence[Row]


def areas(app: Flask, server: str, locale: str) -> list[Area]:
    """Every described operation, grouped by what it is about."""
    found: dict[str, Area] = {}
    for operation in operations(app):
        route = operation.route
        if route is None:
            continue
        title = i18n.find_text(f"api.area.{route.area}", locale) or route.area
        area = found.setdefault(route.area, Area(route.area, title))
        area.deeds.append(_deed(operation, route, server, locale))
    rank = {key: position for position, key in enumerate(FIRST)}
    return sorted(found.values(), key=lambda area: rank.get(area.key, len(rank)))


def shown_forms(uow: UnitOfWork, access: Access) -> list[ShownForm]:
    """The forms this reader may see, field by field."""
    made = expansions.get("form")(uow, access)
    return [
        ShownForm(
            "/".join(each.values.values()),
            i18n.pick(each.label, access.locale),
            list(_fields(each, access.locale)),
        )
        for each in made
    ]


def _deed(operation: Operation, route: ApiRoute, server: str, locale: str) -> Deed:
    title = i18n.find_text(f"api.does.{operation.endpoint}", locale)
    # The longer words stand in the code, in English only.
    text = operation.summary if locale == "en" or title is None else ""
    body = route.body if route.body is not None else route.upload
    return Deed(
        f"{operation.method}-{operation.path.strip('/').replace('/', '-')}",
        operation.method.upper(),
        operation.path,
        title or operation.summary,
        text if title else "",
        [Row(name, kind_words(each, locale)) for name, each in route.query.items()],
        list(_rows(body, locale)) if body is not None else (),
        route.body_optional,
        [(status, i18n.translate(f"api.status.{status}", locale)) for status in route.answers],
        _example(operation, route, server),
    )


def _rows(schema: Schema, locale: str, prefix: str = "", depth: int = 0) -> Iterator[Row]:
    schema = _resolved(schema)
    must = set(schema.get("required", ()))
    for key, each in schema.get("properties", {}).items():
        inner = _resolved(each)
        yield Row(
            f"{prefix}{key}", kind_words(each, locale), key in must, str(inner.get("title", ""))
        )
        if inner.get("type") == "array":
            inner = _resolved(inner.get("items", {}))
        if inner.get("type") == "object" and "$ref" not in each and depth < _DEEPEST:
            yield from _rows(inner, locale, f"{prefix}{key}.", depth + 1)


def _fields(form: Instance, locale: str) -> Iterator[Row]:
    values = form.schemas.get("RecordValues", {})
    must = set(values.get("required", ()))
    given = values.get("properties", {})
    for key, each in given.items():
        yield Row(key, kind_words(each, locale), key in must, str(each.get("title", "")))
        rows = _resolved(each.get("items", {})) if each.get("type") else {}
        yield from _rows(rows, locale, f"{key}.", 1)
    for key, each in form.schemas.get("Record", {}).get("properties", {}).items():
        if key not in given:
            name = str(each.get("title", ""))
            yield Row(key, kind_words(each, locale), name=name, computed=True)


def kind_words(schema: Schema, locale: str) -> str:
    """What a value is, in a few words."""

    def say(name: str, **words: Any) -> str:
        return i18n.translate(f"api.page.kind.{name}", locale, **words)

    if str(schema.get("$ref", "")).endswith("Definition"):
        return say("definition")
    schema = _resolved(schema)
    if "enum" in schema:
        words = [str(each) for each in schema["enum"] if each is not None]
        more = ", …" if len(words) > MOST_WORDS else ""
        return say("one-of", words=", ".join(words[:MOST_WORDS]) + more)
    if "anyOf" in schema:
        return _either(schema["anyOf"], locale)
    kind = schema.get("type", "any")
    names = [name for name in (kind if isinstance(kind, list) else [kind]) if name != "null"]
    if "object" in names and set(schema.get("properties", ())) == {"id", "title"}:
        return say("link")
    if names == ["array"]:
        return say("list-of", kind=kind_words(schema.get("items", {}), locale))
    if schema.get("format") in ("date", "date-time", "binary"):
        return say(str(schema["format"]))
    return " / ".join(say(name) for name in names)


def _either(ways: Sequence[Schema], locale: str) -> str:
    ways = [each for each in ways if each.get("type") != "null"]
    if len(ways) > 1 and any("id" in each.get("properties", {}) for each in ways):
        return i18n.translate("api.page.kind.link", locale)
    return " / ".join(dict.fromkeys(kind_words(each, locale) for each in ways))


def _resolved(schema: Schema) -> Schema:
    name = str(schema.get("$ref", "")).removeprefix(REFERENCE)
    return components.get(name, schema) if name else schema


def _example(operation: Operation, route: ApiRoute, server: str) -> str:
    """A request to copy into a terminal."""
    lines = [f'curl -H "Authorization: Bearer $KEY" "{server}{operation.path}"']
    if operation.method != "get":
        lines[0] = lines[0].replace("curl", f"curl -X {operation.method.upper()}", 1)
    if route.body is not None:
        lines.append('-H "Content-Type: application/json"')
        lines.append(f"-d '{json.dumps(_sample(route.body), ensure_ascii=False)}'")
    elif route.upload is not None:
        lines.append('-F "file=@sales.csv" -F "form=customers"')
    return " \\\n  ".join(lines)


def _sample(schema: Schema, depth: int = 0) -> Any:
    """A value such as the schema takes: what must be there, else the first few keys."""
    if "$ref" in schema and str(schema["$ref"]).endswith("Definition"):
        return {"…": "…"}
    schema = _resolved(schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], depth)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" and depth < _DEEPEST:
        return _sample_object(schema, depth)
    if kind == "array":
        return [_sample(schema.get("items", {}), depth + 1)]
    plain: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    return plain.get(str(kind), "…")


def _sample_object(schema: Schema, depth: int) -> dict[str, Any]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    wanted = [key for key in schema.get("required", ()) if key in known] or list(islice(known, 2))
    return {key: _sample(known[key], depth + 1) for key in wanted}
