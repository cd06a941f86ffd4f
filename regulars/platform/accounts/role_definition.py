"""Roles as definitions that are saved, published and versioned: their shape and their parsing.

A role reads ``{"kind": "role", "key", "label", "capabilities": […], "default": {verb: scope},
"forms": {form: {verb: scope, "fields": {field: right}}}}``. A verb that a form does not name goes
by ``default``, and is none where that does not name it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from regulars.platform.accounts.roles import (
    CHOSEN_CAPABILITIES,
    ROLES,
    VERBS,
    ByCondition,
    FormRights,
    Role,
    Scope,
    capabilities_from,
)
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem

Raw = Mapping[str, Any]


@cache
def role_schema() -> dict[str, Any]:
    """The JSON Schema of a role, with the capabilities there are."""
    schema = packaged("regulars.platform.accounts", "role.schema.json")
    schema["properties"]["capabilities"]["items"] = {"enum": list(CHOSEN_CAPABILITIES)}
    return schema


@cache
def _checker() -> Any:
    return validator(role_schema())


def role_problems(raw: Any) -> list[Problem]:
    """Every way a role's JSON departs from its shape; the built-in keys are taken."""
    found = shape_problems(_checker(), raw)
    if isinstance(raw, Mapping) and raw.get("key") in ROLES:
        found.append(Problem("key", "built-in-role", {"role": raw["key"]}))
    return found


def parse_role(raw: Raw) -> Role:
    """The role of a body without shape problems."""
    default = _rights(raw.get("default", {}), {})
    forms = {
        form: _rights(rights, default.scopes) for form, rights in raw.get("forms", {}).items()
    }
    return Role(
        key=raw["key"],
        capabilities=capabilities_from(raw.get("capabilities", ()), [default, *forms.values()]),
        bound_to_units=False,
        default=default,
        forms=MappingProxyType(forms),
        label=raw["label"],
        description=raw.get("description"),
    )


def readable(role: Role) -> dict[str, Any]:
    """A role as JSON: what it may do, spelled out."""
    return {
        "kind": "role",
        "key": role.key,
        **({"label": role.label} if role.label else {}),
        "capabilities": [each for each in CHOSEN_CAPABILITIES if each in role.capabilities],
        "default": _rights_json(role.default),
        "forms": {form: _rights_json(rights) for form, rights in role.forms.items()},
    }


def _rights_json(rights: FormRights) -> dict[str, Any]:
    scopes = {
        verb: {"condition": dict(scope.condition)} if isinstance(scope, ByCondition) else scope
        for verb, scope in rights.scopes.items()
    }
    return {**scopes, **({"fields": dict(rights.fields)} if rights.fields else {})}


def _rights(raw: Raw, default: Mapping[str, Scope]) -> FormRights:
    scopes: dict[str, Scope] = {verb: _scope(raw[verb]) for verb in VERBS if verb in raw}
    return FormRights(
        MappingProxyType({**default, **scopes}), MappingProxyType(dict(raw.get("fields", {})))
    )


def _scope(raw: Any) -> Scope:
    return ByCondition(raw["condition"]) if isinstance(raw, Mapping) else raw
