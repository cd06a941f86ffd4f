"""JSON at the border: strict parsing, shape checks by JSON Schema, byte-stable writing.

Schemas may only refer into themselves: the registry is empty, so no ``$ref`` is fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

from regulars.platform.problems import Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32

_CODES: dict[str, Callable[[ValidationError], dict[str, Any]]] = {
    "type": lambda error: {"expected": _type_names(error.validator_value)},
    "enum": lambda error: {"allowed": _type_names(error.validator_value)},
    "const": lambda error: {"expected": str(error.validator_value)},
    "pattern": lambda error: {"value": _short(error.instance)},
    "minLength": lambda error: {"n": error.validator_value},
    "maxLength": lambda error: {"n": error.validator_value},
    "minItems": lambda error: {"n": error.validator_value},
    "maxItems": lambda error: {"n": error.validator_value},
    "minimum": lambda error: {"limit": str(error.validator_value)},
    "maximum": lambda error: {"limit": str(error.validator_value)},
}


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A compiled validator that never leaves this schema."""
    return Draft202012Validator(dict(schema), registry=Registry())


def packaged(package: str, name: str) -> dict[str, Any]:
    """A schema that lies as a file in one of our packages; the caller's own to change."""
    source = resources.files(package) / name
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return schema


def shape_problems(checker: Draft202012Validator, instance: Any) -> list[Problem]:
    """Every way ``instance`` departs from the schema, each with its place."""
    if deep := depth_problems(instance):
        return deep
    found = [problem for error in checker.iter_errors(instance) for problem in _problems_of(error)]
    return sorted(set_of(found), key=lambda problem: problem.path)


def depth_problems(instance: Any) -> list[Problem]:
    """What is nested deeper than anybody means it, as one problem."""
    deep = _too_deep(instance, MAX_DEPTH)
    return [Problem("", "too-deep", {"limit": MAX_DEPTH})] if deep else []


def set_of(problems: list[Problem]) -> list[Problem]:
    """The problems without repeats, in their order."""
    seen: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.path, problem.code, str(problem.params)), problem)
    return list(seen.values())


def _problems_of(error: ValidationError) -> Iterator[Problem]:
    path = "/".join(str(part) for part in error.absolute_path)
    name = str(error.validator)
    if name in ("oneOf", "anyOf") and error.context:
        yield from _nearest_branch(error)
    elif name == "required":
        wanted: Any = error.validator_value
        missing = [key for key in wanted if key not in _held(error)]
        for key in missing:
            yield Problem(f"{path}/{key}" if path else key, "required")
    elif name in ("additionalProperties", "unevaluatedProperties"):
        schema: Any = error.schema
        known = set(schema.get("properties", {}))
        for key in _held(error):
            if key not in known and not _matches_pattern(schema, key):
                place = f"{path}/{key}" if path else str(key)
                yield Problem(place, "unknown-key", {"key": _short(key)})
    else:
        code = "".join(f"-{c.lower()}" if c.isupper() else c for c in name)
        known_code = name in _CODES
        params = _CODES[name](error) if known_code else {}
        yield Problem(path, f"shape-{code}" if known_code else "shape", params)


def _held(error: ValidationError) -> Any:
    """The object or list that the error is about."""
    return error.instance


def _matches_pattern(schema: Mapping[str, Any], key: str) -> bool:
    """The patterns are our own schemas' and harmless; no schema of a user comes here."""
    return any(re.search(pattern, key) for pattern in schema.get("patternProperties", ()))


def _nearest_branch(error: ValidationError) -> Iterator[Problem]:
    """Of several allowed shapes, speak about the one that came closest."""
    branches: dict[Any, list[ValidationError]] = {}
    for child in error.context or ():
        branches.setdefault(child.schema_path[0], []).append(child)
    best = min(branches.values(), key=lambda errors: (_misses_discriminator(errors), len(errors)))
    for child in best:
        yield from _problems_of(child)


def _misses_discriminator(errors: list[ValidationError]) -> bool:
    return any(error.validator in ("const", "type") for error in errors)


def _type_names(expected: Any) -> list[str]:
    names = expected if isinstance(expected, list) else [expected]
    return [str(name) for name in names]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _too_deep(value: Any, room: int) -> bool:
    if room < 0:
        return True
    if isinstance(value, Mapping):
        return any(_too_deep(item, room - 1) for item in value.values())
    if isinstance(value, list):
        return any(_too_deep(item, room - 1) for item in value)
    return False


def dump(value: Any, schema: Mapping[str, Any] | None = None) -> str:
    """``value`` as byte-stable JSON text: UTF-8, two spaces, keys in the schema's order."""
    ordered = in_schema_order(value, schema, schema) if schema else value
    return json.dumps(ordered, ensure_ascii=False, indent=2, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form.")


def in_schema_order(value: Any, schema: Mapping[str, Any] | None, root: Any) -> Any:
    """``value`` with every object's keys in the order its schema lists them, others after."""
    schema = _resolve(schema, root)
    if isinstance(value, Mapping):
        known = (schema or {}).get("properties", {})
        keys = [key for key in known if key in value] + [k for k in value if k not in known]
        return {key: in_schema_order(value[key], known.get(key), root) for key in keys}
    if isinstance(value, list):
        items = (schema or {}).get("items")
        return [in_schema_order(item, items, root) for item in value]
    return value


def _resolve(schema: Any, root: Any) -> Mapping[str, Any] | None:
    if not isinstance(schema, Mapping):
        return None
    reference = schema.get("$ref", "")
    if not reference.startswith("#/"):
        return schema
    found: Any = root
    for part in reference[2:].split("/"):
        found = found.get(part, {})
    return _resolve(found, root)
