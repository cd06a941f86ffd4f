"""Whether a role fits the forms of its workspace: they are there, with those fields and terms."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.record_json import SYSTEM_KEYS
from regulars.form_builder.system_forms import system_forms
from regulars.platform.accounts.roles import ByCondition, FormRights, Role
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.problems import Problem, under


def check_role(role: Role, after: Snapshot) -> list[Problem]:
    """Every problem of a role among the forms it will stand beside."""
    catalog = catalog_from(after)
    found = [
        Problem(f"default/{verb}", "condition-needs-a-form")
        for verb, scope in role.default.scopes.items()
        if isinstance(scope, ByCondition)
    ]
    for key, rights in role.forms.items():
        found += under(f"forms/{key}", _check_form(key, rights, catalog))
    return found


def _check_form(key: str, rights: FormRights, catalog: FormCatalog) -> Iterator[Problem]:
    form, system = catalog.forms.get(key), system_forms.find(key)
    if form is None and system is None:
        yield Problem("", "unknown-form", {"form": key})
        return
    known = (
        _field_keys(form) if form is not None else set(system.shape.fields) if system else set()
    )
    for field in rights.fields:
        if field not in known:
            yield Problem(f"fields/{field}", "unknown-field", {"field": field})
    for verb, scope in rights.scopes.items():
        if isinstance(scope, ByCondition):
            _tree, problems = catalog.condition(key, scope.condition)
            yield from under(f"{verb}/condition", problems)


def _field_keys(form: FormDefinition) -> set[str]:
    known = {each.key for each in form.fields} | set(SYSTEM_KEYS)
    for rows in form.subforms():
        known |= {f"{rows.key.partition('.')[2]}.{each.key}" for each in rows.fields}
    return known
