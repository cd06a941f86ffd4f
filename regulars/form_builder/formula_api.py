"""The API of the formula editor: read a formula as it stands, and list what can be called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.formula_desk import Look, Wish, look_at
from regulars.form_builder.plain_values import plain_json
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.complete import Suggestion, describe_type, function_help
from regulars.platform.expressions.tree import MAX_TEXT
from regulars.platform.expressions.types import BOOLEAN, DATE, DATETIME, TEXT, ValueType, number
from regulars.platform.expressions.workbench import Mistake
from regulars.platform.problems import Problem
from regulars.platform.web import api_route as shapes
from regulars.platform.web.api_route import array, describe, listing, nullable, obj, one_of
from regulars.platform.web.json_body import read_object

formulas = Blueprint("formulas_api", __name__, url_prefix="/api/v1")

KINDS: Mapping[str, ValueType | None] = {
    "any": None, "text": TEXT, "number": number(6), "boolean": BOOLEAN, "date": DATE,
    "datetime": DATETIME,
}  # fmt: skip
BODY = obj(
    {"formula": {"type": "string", "maxLength": MAX_TEXT}},
    {
        "rows": shapes.TEXT,
        "expect": one_of(*KINDS),
        "record": shapes.ID,
        "position": {"type": "integer", "minimum": 0, "maximum": MAX_TEXT},
    },
)
MISTAKE = obj(
    {"code": shapes.TEXT, "message": shapes.TEXT, "line": shapes.COUNT, "column": shapes.COUNT}
)
SUGGESTION = obj(
    {
        "kind": one_of("field", "function"),
        "insert": shapes.TEXT,
        "label": shapes.TEXT,
        "detail": shapes.TEXT,
        "start": shapes.COUNT,
    }
)
ANSWER = obj(
    {
        "valid": shapes.BOOLEAN,
        "mistakes": array(MISTAKE),
        "formula": shapes.TEXT,
        "type": nullable(
            obj({"kind": shapes.TEXT, "decimals": shapes.COUNT, "label": shapes.TEXT})
        ),
        "words": shapes.TEXT,
        "example": nullable(
            obj({"record": shapes.ID, "title": shapes.TEXT, "value": {}, "shown": shapes.TEXT})
        ),
        "suggestions": array(SUGGESTION),
    }
)
FUNCTION = obj({"name": shapes.TEXT, "written": shapes.TEXT, "gives": shapes.TEXT})


@formulas.get("/formulas/functions")
@workspace_api("read_records")
@describe("forms", listing("functions", FUNCTION))
def list_functions(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every function a formula may call, with a line of help in the reader's language."""
    found = []
    for name in known_names():
        written, gives = function_help(name, access.locale)
        found.append({"name": name, "written": written, "gives": gives})
    return {"functions": found}


@formulas.post("/forms/<form_key>/formulas/check")
@workspace_api("read_records")
@describe("forms", ANSWER, body=BODY)
def check_formula(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Read a formula over a published form: mistakes with their place, type, words, a live value.

    The answer is 200 for a formula with mistakes, too; ``position`` asks what could stand there.
    """
    catalog = catalog_for(uow, access)
    if form_key not in catalog.forms or access.scope(form_key, "read") == "none":
        raise NotFound("no-form", key=form_key)
    wish = _wish(read_object(request), form_key)
    if wish.form not in catalog.shapes.forms:
        raise NotFound("no-form", key=wish.form)
    return as_json(look_at(uow, access, catalog, wish), access.locale)


def _wish(body: Mapping[str, Any], form_key: str) -> Wish:
    known = ("formula", "rows", "expect", "record", "position")
    problems = [
        Problem(str(key)[:60], "unknown-key", {"key": str(key)[:60]})
        for key in body
        if key not in known
    ]
    text, rows, expect = body.get("formula"), body.get("rows"), body.get("expect", "any")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        problems.append(Problem("formula", "not-a-formula"))
    if rows is not None and not isinstance(rows, str):
        problems.append(Problem("rows", "not-text"))
    if not isinstance(expect, str) or expect not in KINDS:
        problems.append(
            Problem("expect", "not-an-option", {"value": str(expect)[:40], "allowed": list(KINDS)})
        )
    for name in ("record", "position"):
        given = body.get(name)
        if given is not None and (not isinstance(given, int) or isinstance(given, bool)):
            problems.append(Problem(name, "not-a-whole-number"))
    if problems:
        raise Invalid(problems)
    form = f"{form_key}.{rows}" if rows else form_key
    return Wish(form, str(text), body.get("position"), body.get("record"), KINDS[str(expect)])


def as_json(look: Look, locale: str) -> dict[str, Any]:
    """What an editor elsewhere needs to draw the same help."""
    kind, example = look.type, look.example
    return {
        "valid": look.piece.tree is not None,
        "mistakes": [_mistake(each, locale) for each in look.piece.mistakes],
        "formula": look.piece.text,
        "type": kind and {
            "kind": str(kind.kind), "decimals": kind.scale, "label": describe_type(kind, locale),
        },
        "words": look.words,
        "example": example and {
            "record": example.record, "title": example.title,
            "value": plain_json(example.value), "shown": example.shown,
        },
        "suggestions": [_suggestion(each) for each in look.suggestions],
    }  # fmt: skip


def _mistake(mistake: Mistake, locale: str) -> dict[str, Any]:
    return {
        "code": mistake.problem.code,
        "message": mistake.problem.message(locale),
        "line": mistake.line,
        "column": mistake.column,
    }


def _suggestion(each: Suggestion) -> dict[str, Any]:
    return {
        "kind": each.kind, "insert": each.insert, "label": each.label, "detail": each.detail,
        "start": each.start,
    }  # fmt: skip
