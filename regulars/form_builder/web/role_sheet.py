"""The sheet on which a role is filled in: one row per form, one column per verb, fields below.

Inputs are named ``scope/<form>/<verb>`` (the form is empty for all others) and
``field/<form>/<field>``. A condition is kept as it is; it is written through API or file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.definitions_seen import Unknown
from regulars.platform import i18n
from regulars.platform.accounts.roles import CHOSEN_CAPABILITIES, REACHES, VERBS

Raw = Mapping[str, Any]
OTHERS = ""
BY_CONDITION = "condition"
RIGHTS = ("write", "read_only", "masked", "hidden")


@dataclass(frozen=True)
class ScopeCell:
    """One select of the sheet; ``chosen`` is "" where the form goes by the others' row."""

    name: str
    verb: str
    chosen: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class FieldRow:
    """One field with what the role may do with it."""

    name: str
    label: Any
    chosen: str


@dataclass(frozen=True)
class FormRow:
    """One form of the sheet; the one with an empty key stands for all that have no own row."""

    key: str
    label: Any
    icon: str
    cells: tuple[ScopeCell, ...]
    fields: tuple[FieldRow, ...] = ()

    @property
    def narrowed(self) -> int:
        """How many fields are not simply written."""
        return sum(1 for each in self.fields if each.chosen != "write")


def sheet_of(raw: Raw, catalog: FormCatalog, unknown: Unknown) -> list[FormRow]:
    """The rows of a role: all other forms first, then each form; without ``unknown`` fields."""
    every: Raw = raw.get("default", {})
    forms: Mapping[str, Raw] = raw.get("forms", {})
    rows = [FormRow(OTHERS, None, "layers", _cells(OTHERS, every, ("none",)))]
    for form in catalog.forms.values():
        own = forms.get(form.key, {})
        cells = _cells(form.key, own, ("",))
        rights, hidden = own.get("fields", {}), unknown.get(form.key, frozenset())
        fields = tuple(row for key, row in _field_rows(form, rights) if key not in hidden)
        rows.append(FormRow(form.key, form.label, form.icon or "file-text", cells, fields))
    return rows


def raw_from(post: MultiDict[str, str], before: Raw, key: str, locale: str) -> dict[str, Any]:
    """The role as it was filled in; conditions come from the role as it stood ``before``."""
    made: dict[str, Any] = {
        "kind": "role",
        "key": key,
        "label": _text(before.get("label"), post.get("label", "").strip(), locale),
    }
    description = post.get("description", "").strip()
    if description:
        made["description"] = _text(before.get("description"), description, locale)
    chosen = post.getlist("capability")
    made["capabilities"] = [each for each in CHOSEN_CAPABILITIES if each in chosen]
    made["default"] = _scopes(post, OTHERS, before.get("default", {}))
    forms: dict[str, Any] = {}
    named = (name.split("/")[1] for name in post if name.count("/") == 2)
    for form in dict.fromkeys(form for form in named if form != OTHERS):
        own: Raw = before.get("forms", {}).get(form, {})
        found: dict[str, Any] = _scopes(post, form, own)
        fields = dict(_fields(post, form))
        if fields:
            found["fields"] = fields
        if found:
            forms[form] = found
    made["forms"] = forms
    return made


def _cells(form: str, raw: Raw, first: tuple[str, ...]) -> tuple[ScopeCell, ...]:
    cells = []
    for verb in VERBS:
        given = raw.get(verb, first[0])
        by_condition = isinstance(given, Mapping)
        options = tuple(dict.fromkeys((*first, *REACHES)))
        if by_condition:
            options = (*options, BY_CONDITION)
        chosen = BY_CONDITION if by_condition else str(given)
        cells.append(ScopeCell(f"scope/{form}/{verb}", verb, chosen, options))
    return tuple(cells)


def _field_rows(form: FormDefinition, rights: Raw) -> Iterator[tuple[str, FieldRow]]:
    for each in form.fields:
        yield each.key, _field_row(form.key, each.key, each.name, rights)
        for column in each.fields if each.type == "subform" else ():
            key, name = f"{each.key}.{column.key}", _joined(each, column)
            yield key, _field_row(form.key, key, name, rights)


def _field_row(form: str, key: str, label: Any, rights: Raw) -> FieldRow:
    return FieldRow(f"field/{form}/{key}", label, str(rights.get(key, "write")))


def _joined(outer: FieldDefinition, inner: FieldDefinition) -> dict[str, str]:
    return {
        locale: f"{i18n.pick(outer.name, locale)} › {i18n.pick(inner.name, locale)}"
        for locale in i18n.LOCALES
    }


def _scopes(post: MultiDict[str, str], form: str, before: Raw) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for verb in VERBS:
        given = post.get(f"scope/{form}/{verb}", "")
        if given == BY_CONDITION and isinstance(before.get(verb), Mapping):
            found[verb] = before[verb]
        elif given:
            found[verb] = given
    return found


def _fields(post: MultiDict[str, str], form: str) -> Iterator[tuple[str, str]]:
    front = f"field/{form}/"
    for name, value in post.items():
        if name.startswith(front) and value != "write":
            yield name.removeprefix(front), value


def _text(before: Any, given: str, locale: str) -> Any:
    """What was typed, beside the other languages where the role has some."""
    return {**before, locale: given} if isinstance(before, Mapping) else given
