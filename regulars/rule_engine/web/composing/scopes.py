"""What a part of a rule speaks of: the form of a condition, the names known at a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.i18n import Text
from regulars.rule_engine.checks import entry_scope, scopes_of
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.placing import find_at, root_of
from regulars.rule_engine.scope import SUBJECT, Scope
from regulars.rule_engine.steps.base import step_kinds


@dataclass(frozen=True)
class Where:
    """What a condition is about: a form, with the names of a run where it stands at a step."""

    form: str
    scope: Scope | None = None

    @property
    def names(self) -> Mapping[str, str]:
        """Further records by name and form (``trigger``, ``coupon``)."""
        known = self.scope.names if self.scope is not None else {}
        return {name: form for name, form in known.items() if name != SUBJECT}


def where_of(rule: Rule, raw: Mapping[str, Any], catalog: FormCatalog, place: str) -> Where:
    """What the condition at a place is about."""
    root = root_of(place)
    above, _slash, name = root.rpartition("/")
    owner = find_at(raw, above) if above else None
    if name == "when":
        is_step = isinstance(owner, Mapping) and "do" in owner
        return Where(rule.subject, scope_at(rule, catalog, above) if is_step else None)
    if not isinstance(owner, Mapping):
        return Where(rule.subject)
    if "aggregate" in owner:
        around = where_of(rule, raw, catalog, above)
        return Where(_target(catalog, around.form, str(owner.get("of", ""))))
    return Where(str(owner.get("form") or rule.subject))


def scope_at(rule: Rule, catalog: FormCatalog, path: str) -> Scope:
    """The names known at a step; at a place where a step will be, every name there is."""
    known = scopes_of(rule, catalog).get(path)
    if known is not None:
        return known
    scope = entry_scope(rule, catalog)
    for step in rule.walk():
        kind = step_kinds.find(step.do)
        made = kind.makes(step) if kind else None
        if made is not None and made[0] not in scope.names:
            scope = scope.having(*made)
    return scope


def _target(catalog: FormCatalog, form: str, relation: str) -> str:
    found = catalog.forms[form].find(relation) if form in catalog.forms else None
    return str(found.settings.get("from", "")) if found else ""


@dataclass(frozen=True)
class Reached:
    """A field that can be spoken of, by its path from a form."""

    path: str
    title: tuple[Text, ...]
    field: FieldDefinition
    form: FormDefinition


def reached(catalog: FormCatalog, where: Where) -> Iterator[Reached]:
    """The fields of a form, of the records it links to, and of the named records."""
    own = catalog.forms.get(where.form)
    if own is None:
        return
    yield from _fields(own, "", ())
    for name, form_key in where.names.items():
        form = catalog.forms.get(form_key)
        if form is not None:
            yield from _fields(form, f"{name}.", (form.label,))
            yield from _linked(catalog, form, f"{name}.", (form.label,))
    yield from _linked(catalog, own, "", ())


def _fields(form: FormDefinition, prefix: str, title: tuple[Text, ...]) -> Iterator[Reached]:
    for each in form.fields:
        yield Reached(f"{prefix}{each.key}", (*title, each.name), each, form)


def _linked(
    catalog: FormCatalog, form: FormDefinition, prefix: str, title: tuple[Text, ...]
) -> Iterator[Reached]:
    for each in form.fields:
        target = (
            catalog.forms.get(str(each.settings.get("to", ""))) if each.type == "link" else None
        )
        if target is not None:
            yield from _fields(target, f"{prefix}{each.key}.", (*title, each.name))


def field_at(catalog: FormCatalog, where: Where, path: str) -> Reached | None:
    """The field at a path; None when there is none."""
    return next((each for each in reached(catalog, where) if each.path == path), None)
