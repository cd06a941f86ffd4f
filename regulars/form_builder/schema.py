"""The JSON Schema of a form, composed from the frame and every registered field type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from regulars.form_builder.field_types.base import FieldType, field_types
from regulars.platform.json_schema import depth_problems, packaged, shape_problems, validator
from regulars.platform.problems import Problem, under

FIELD_LISTS = ("fields", "archived")


@cache
def form_schema() -> dict[str, Any]:
    """The whole schema; ask only after `wiring` has registered the field types."""
    schema = packaged("regulars.form_builder", "form.schema.json")
    common = schema["$defs"]["common"]
    branches = [_branch(kind, common) for kind in field_types]
    schema["$defs"]["field"] = {"oneOf": branches}
    return schema


def _branch(kind: FieldType, common: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**common, "type": {"const": kind.name}, **kind.settings}
    if kind.name == "formula":
        properties["freeze"] = {"enum": ["on_create"]}
    return {
        "type": "object",
        "properties": properties,
        "required": ["key", "type", *kind.required_settings],
        "additionalProperties": False,
    }


@cache
def _frame() -> Any:
    """Checks everything but the fields, which are checked each by its own type."""
    return validator(_with_any_field(form_schema()))


@cache
def _type_validator(name: str) -> Any:
    """Checks one field of a type; the columns of a subform are checked on their own.

    Asking the one type that a field names is many times faster than trying them all, and its
    problems are those of that type only.
    """
    schema = _with_any_field(form_schema())
    branch = _branch(field_types.get(name), schema["$defs"]["common"])
    return validator({"$defs": schema["$defs"], **branch})


def _with_any_field(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "$defs": {**schema["$defs"], "field": {"type": "object"}}}


def form_problems(raw: Any) -> list[Problem]:
    """Every way a form's JSON departs from its schema; an unknown type is named as such."""
    if not isinstance(raw, Mapping):
        return [Problem("", "shape-type", {"expected": ["object"]})]
    if deep := depth_problems(raw):
        return deep
    problems = shape_problems(_frame(), _without_fields(raw))
    for name in FIELD_LISTS:
        problems += _field_problems(raw.get(name), name)
    return sorted(problems, key=lambda problem: problem.path)


def _without_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The form without what its types check: lists of objects that are not too long."""
    most = form_schema()["properties"]["fields"]["maxItems"]
    checked: dict[str, Any] = {
        name: []
        for name in FIELD_LISTS
        if isinstance(raw.get(name), list)
        and len(raw[name]) <= most
        and all(isinstance(each, Mapping) for each in raw[name])
    }
    return {**raw, **checked}


def field_problems(field: Any) -> list[Problem]:
    """Every way the JSON of one field departs from what its type says."""
    found = _field_problems([field], "fields")
    return [each.moved_from("fields/0/") for each in found]


def _shape_of(name: str, field: Mapping[str, Any]) -> Iterable[Problem]:
    """The problems of one field; those of a field that was looked at before are remembered.

    A form is saved at every step of its designer, and all but one of its fields are as they were.
    """
    try:
        text = json.dumps(field)
    except (TypeError, ValueError):  # exact numbers of a program's JSON have no text
        return shape_problems(_type_validator(name), field)
    return _shape_of_text(name, text)


@lru_cache(maxsize=8192)
def _shape_of_text(name: str, text: str) -> tuple[Problem, ...]:
    return tuple(shape_problems(_type_validator(name), json.loads(text)))


def _field_problems(fields: Any, place: str) -> list[Problem]:
    found: list[Problem] = []
    for position, each in enumerate(fields if isinstance(fields, list) else ()):
        if not isinstance(each, Mapping):
            continue
        here, name = f"{place}/{position}", str(each.get("type", ""))
        if name in field_types:
            found += under(here, _shape_of(name, each))
        else:
            found.append(Problem(f"{here}/type", "unknown-field-type", {"type": name[:40]}))
        for inner in ("fields", "archived"):
            found += _field_problems(each.get(inner), f"{here}/{inner}")
    return found
