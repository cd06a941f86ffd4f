"""A list's parameters at the API, from an address or a JSON body, all problems together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.querying import MAX_LIMIT, RecordQuery
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json

DEFAULT_LIMIT = 50
MAX_DIGITS = 10
BODY_KEYS = ("filter", "sort", "fields", "limit", "cursor", "count", "q")
_TRUE = ("1", "true", "yes")

Asked = tuple[RecordQuery, tuple[str, ...]]


def query_from_args(args: MultiDict[str, str]) -> Asked:
    """The query of ``?filter={…}&sort=-paid_at,name&fields=a,b.c&limit=100&cursor=…&count=1``."""
    body: dict[str, Any] = {key: args[key] for key in args}
    problems: list[Problem] = []
    if "filter" in body:
        body["filter"] = _json(body["filter"], problems)
    for name in ("sort", "fields"):
        if name in body:
            body[name] = [part.strip() for part in body[name].split(",") if part.strip()]
    if "limit" in body:
        text = body["limit"]
        body["limit"] = int(text) if text.isdecimal() and len(text) < MAX_DIGITS else text
    if "count" in body:
        body["count"] = body["count"].lower() in _TRUE
    return _query(body, problems)


def query_from_body(body: Mapping[str, Any]) -> Asked:
    """The query of a JSON body."""
    return _query(dict(body), [])


def _query(body: Mapping[str, Any], problems: list[Problem]) -> Asked:
    problems += [
        Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
        for key in body
        if key not in BODY_KEYS
    ]
    limit = _limit(body.get("limit", DEFAULT_LIMIT), problems)
    sort = _names(body, "sort", problems)
    fields = _names(body, "fields", problems)
    found = body.get("filter")
    if found is not None and not isinstance(found, Mapping):
        problems.append(Problem("filter", "not-an-object"))
    for name in ("cursor", "q"):
        if not isinstance(body.get(name) or "", str):
            problems.append(Problem(name, "not-text"))
    if not isinstance(body.get("count", False), bool):
        problems.append(Problem("count", "not-a-boolean", {"value": str(body["count"])[:40]}))
    if problems:
        raise Invalid(problems)
    query = RecordQuery(
        filter=found,
        sort=sort,
        limit=limit,
        cursor=body.get("cursor") or None,
        count=body.get("count", False),
        search=body.get("q") or None,
    )
    return query, fields


def _json(text: str, problems: list[Problem]) -> Any:
    try:
        return parse_json(text)
    except BadJson:
        problems.append(Problem("filter", "not-an-object"))
        return None


def _limit(raw: Any, problems: list[Problem]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        problems.append(Problem("limit", "not-a-whole-number"))
        return DEFAULT_LIMIT
    if not 1 <= raw <= MAX_LIMIT:
        code = "shape-minimum" if raw < 1 else "shape-maximum"
        problems.append(Problem("limit", code, {"limit": str(1 if raw < 1 else MAX_LIMIT)}))
    return raw


def _names(body: Mapping[str, Any], name: str, problems: list[Problem]) -> tuple[str, ...]:
    raw = body.get(name) or []
    if isinstance(raw, str):
        raw = [raw]
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        problems.append(Problem(name, "not-a-list"))
        return ()
    return tuple(raw)
