"""The JSON Schema of a form, composed from the frame and every registered field type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from regulars.form_builder.field_types.base import FieldType, field_types
from regulars.platform.json_schema import shape_problems, validator
from regulars.platform.problems import Problem


@cache
def form_schema() -> dict[str, Any]:
    """The whole schema; ask only after `wiring` has registered the field types."""
    source = resources.files("regulars.form_builder") / "form.schema.json"
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
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
def _validator() -> Any:
    return validator(form_schema())


def form_problems(raw: Any) -> list[Problem]:
    """Every way a form's JSON departs from its schema; an unknown type is named as such."""
    if not isinstance(raw, Mapping):
        return [Problem("", "shape-type", {"expected": ["object"]})]
    unknown = dict(_unknown_types(raw.get("fields"), "fields"))
    problems = [
        problem
        for problem in shape_problems(_validator(), raw)
        if not any(problem.path.startswith(place) for place in unknown)
    ]
    named = [Problem(f"{p}/type", "unknown-field-type", {"type": t}) for p, t in unknown.items()]
    return sorted(problems + named, key=lambda problem: problem.path)


def _unknown_types(fields: Any, place: str) -> list[tuple[str, str]]:
    found = []
    for position, each in enumerate(fields if isinstance(fields, list) else ()):
        if not isinstance(each, Mapping):
            continue
        here = f"{place}/{position}"
        if str(each.get("type", "")) not in field_types:
            found.append((here, str(each.get("type", ""))[:40]))
        found += _unknown_types(each.get("fields"), f"{here}/fields")
    return found
