"""What a form's JSON Schema cannot see: whether its parts fit each other and the forms around it.

Pure. Every problem comes back, each at its place (``fields/3/options/0/value``). Formulas and
conditions are checked where their types are known, by the catalog of forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from regulars.form_builder.arranging import Arrangement
from regulars.form_builder.definition import (
    RESERVED_KEYS,
    SYSTEM_FIELDS,
    FieldDefinition,
    FormDefinition,
)
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.field_types.button import merged_paths
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.system_forms import system_forms
from regulars.platform import i18n
from regulars.platform.problems import Problem, under

if TYPE_CHECKING:
    from regulars.platform.definitions.snapshot import Snapshot

Forms = Mapping[str, FormDefinition]

SYSTEM_PREFIX = "sys_"
RETYPED = "retyped:"
"""With a form's key in ``Snapshot.derived``: its stored values change together with it."""
PERSON_TYPES: Mapping[str, tuple[str, ...]] = {
    "name": ("text", "formula"),
    "mobile": ("phone", "text"),
    "email": ("email", "text"),
    "birthday": ("date",),
    "language": ("choice", "text"),
    "zone": ("choice", "text"),
}
VIEW_TYPES: Mapping[str, tuple[str, ...]] = {
    "kanban": ("choice",),
    "calendar": ("date", "datetime"),
}
"""Shapes of a list whose records stand where a field says → the types of such a field."""
COVERS = ("image",)
_ANY_DAY = Reading(ZoneInfo("UTC"), "CNY", datetime(2000, 1, 1, tzinfo=UTC))


def form_checks(form: FormDefinition, snapshot: Snapshot) -> list[Problem]:
    """Every problem of ``form`` among the forms of ``snapshot``, which holds it already."""
    forms: Forms = {**snapshot.all("form"), form.key: form}
    before = snapshot.before.find("form", form.key) if snapshot.before else None
    known = before if f"{RETYPED}{form.key}" not in snapshot.derived else None
    return [*inner_checks(form, forms), *fixed_checks(known, form)]


def inner_checks(form: FormDefinition, forms: Forms) -> list[Problem]:
    """The problems of one form that need no look at its published version."""
    found = [
        *_form_key(form),
        *_keys(form.fields),
        *_put_away(form),
        *_title(form, forms),
        *_person(form),
    ]
    found += [*_layout(form), *_fields(form, forms), *_views(form, forms), *_checks(form)]
    return found


def fixed_checks(before: FormDefinition | None, after: FormDefinition) -> list[Problem]:
    """What may no longer change because records hold values in that form."""
    if before is None:
        return []
    known = (*before.fields, *before.archived)
    return [*_fixed(known, after.fields), *_fixed(known, after.archived, "archived")]


def has_path(form: FormDefinition, path: str, forms: Forms) -> bool:
    """Whether ``customer.tier`` leads from a record of ``form`` to a value."""
    head, _dot, tail = path.partition(".")
    field = form.find(head)
    if not tail:
        return field is not None or head in SYSTEM_FIELDS
    target = _target(field, head)
    if target is None:
        return False
    if target.startswith(SYSTEM_PREFIX):
        system = system_forms.find(target)
        return tail == "id" or (system is not None and tail in system.fields)
    linked = forms.get(target)
    return linked is not None and has_path(linked, tail, forms)


def has_bad_keys(form: FormDefinition) -> bool:
    """Whether a key is doubled or the system's own, so that the form could have no table."""
    return any(_keys(form.fields))


def without_bad_keys(form: FormDefinition) -> FormDefinition:
    """The form without the fields (and columns) whose keys are doubled or the system's own."""
    fields = _with_good_keys(form.fields)
    return replace(form, fields=fields, by_key={each.key: each for each in fields})


def _with_good_keys(fields: Iterable[FieldDefinition]) -> tuple[FieldDefinition, ...]:
    kept: dict[str, FieldDefinition] = {}
    for each in fields:
        if each.key not in kept and (each.key not in RESERVED_KEYS or _is_stamp(each)):
            inner = each.fields if each.has_links else _with_good_keys(each.fields)
            kept[each.key] = replace(each, fields=inner)
    return tuple(kept.values())


def type_words(name: str) -> dict[str, str]:
    """What people call a field type, in every language."""
    return {locale: i18n.translate(f"forms.type.{name}", locale) for locale in i18n.LOCALES}


def _target(field: FieldDefinition | None, key: str) -> str | None:
    if field is None:
        system = {"unit": "sys_units", "owner": "sys_members"}
        return system.get(key) or ("sys_members" if key.endswith("_by") else None)
    kind = field_types.get(field.type)
    if isinstance(kind, LinkField):
        return kind.target(field)
    return "sys_members" if field.type.endswith("_by") else None


def _form_key(form: FormDefinition) -> Iterator[Problem]:
    if form.key.startswith(SYSTEM_PREFIX):
        yield Problem("key", "reserved-form-key", {"key": form.key})


def _keys(fields: Iterable[FieldDefinition]) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, each in enumerate(fields):
        place = f"fields/{position}"
        if each.key in RESERVED_KEYS and not _is_stamp(each):
            yield Problem(f"{place}/key", "reserved-key", {"key": each.key})
        if each.key in seen:
            yield Problem(f"{place}/key", "duplicate-key", {"key": each.key})
        seen.add(each.key)
        if not each.has_links:
            yield from under(place, _keys(each.fields))


def _put_away(form: FormDefinition) -> Iterator[Problem]:
    """An archived field keeps its key for itself, or its values would come back as another's."""
    owners = [("", form.fields, form.archived)]
    owners += [(f"fields/{n}/", f.fields, f.archived) for n, f in enumerate(form.fields)]
    for place, living, archived in owners:
        taken = {each.key for each in living}
        for position, each in enumerate(archived):
            if each.key in taken:
                path = f"{place}archived/{position}/key"
                yield Problem(path, "key-of-archived", {"key": each.key, "field": each.name})
            taken.add(each.key)


def _is_stamp(field: FieldDefinition) -> bool:
    """A system field placed on the form under its own name."""
    return field.type == field.key and not field_types.get(field.type).columns(field)


def _title(form: FormDefinition, forms: Forms) -> Iterator[Problem]:
    for path in form.title_paths:
        if not has_path(form, path, forms):
            yield Problem("title", "unknown-field", {"field": path})


def _person(form: FormDefinition) -> Iterator[Problem]:
    for role, key in (form.person or {}).items():
        field = form.find(key)
        if field is None:
            yield Problem(f"person/{role}", "unknown-field", {"field": key})
        elif field.type not in PERSON_TYPES[role]:
            allowed = [type_words(name) for name in PERSON_TYPES[role]]
            yield Problem(
                f"person/{role}", "person-field-type", {"field": field.name, "allowed": allowed}
            )


def _layout(form: FormDefinition) -> Iterator[Problem]:
    places = Counter(field.key for field in form.fields)
    names = Counter(item.id for item in form.layout if item.id)
    for number, item in enumerate(form.layout):
        if names[item.id] > 1:
            yield Problem(f"layout/{number}/id", "duplicate-key", {"key": item.id})
            names[item.id] = 0
        for position, key in enumerate(item.fields):
            place = f"layout/{number}/fields/{position}"
            field = form.find(key)
            if field is None:
                yield Problem(place, "unknown-field", {"field": key})
            elif not places[key]:
                yield Problem(place, "placed-twice", {"field": field.name})
            places[key] -= 1


def _fields(form: FormDefinition, forms: Forms) -> Iterator[Problem]:
    for position, each in enumerate(form.fields):
        yield from under(f"fields/{position}", _field(each, form, forms))


def _field(field: FieldDefinition, form: FormDefinition, forms: Forms) -> Iterator[Problem]:
    kind = field_types.get(field.type)
    yield from kind.check(field, form, forms)
    yield from _common(field)
    if field.type == "lookup" and not has_path(form, str(field.settings["path"]), forms):
        yield Problem("path", "unknown-field", {"field": field.settings["path"]})
    for path in merged_paths(field) if field.type == "button" else ():
        if not has_path(form, path, forms):
            yield Problem("opens", "unknown-field", {"field": path})
    for position, child in enumerate(field.fields if not field.has_links else ()):
        yield from under(f"fields/{position}", _row_field(child))


def _row_field(child: FieldDefinition) -> Iterator[Problem]:
    """The rows of a subform have no identity of their own, so nothing there can be unique."""
    if child.unique:
        yield Problem("unique", "cannot-be-unique", {"field": child.name})
    yield from _common(replace(child, unique=False))


def _common(field: FieldDefinition) -> Iterator[Problem]:
    kind = field_types.get(field.type)
    if field.unique and not kind.may_be_unique:
        yield Problem("unique", "cannot-be-unique", {"field": field.name})
    yield from under("default", _default(field))


def _default(field: FieldDefinition) -> Iterator[Problem]:
    if field.default is None or is_formula(field.default):
        return
    kind = field_types.get(field.type)
    if not kind.writable or field.has_rows:
        yield Problem("", "default-not-possible", {"field": field.name})
        return
    try:
        kind.convert(field, field.default, _ANY_DAY)
    except BadValue as bad:
        yield Problem("", bad.code, {"field": field.name, **bad.params})


def is_formula(value: Any) -> bool:
    """Whether a default or a step's value is written as ``{"formula": "…"}``."""
    return isinstance(value, Mapping) and set(value) == {"formula"}


def _views(form: FormDefinition, forms: Forms) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, view in enumerate(form.views):
        place = f"views/{number}"
        if view["key"] in seen:
            yield Problem(f"{place}/key", "duplicate-key", {"key": view["key"]})
        seen.add(view["key"])
        for name in ("columns", "sort"):
            for position, path in enumerate(view.get(name, ())):
                if not has_path(form, path.removeprefix("-"), forms):
                    yield Problem(f"{place}/{name}/{position}", "unknown-field", {"field": path})
        for at, path in Arrangement.from_view(view).places():
            if not has_path(form, path, forms):
                yield Problem(f"{place}/{at}", "unknown-field", {"field": path})
        yield from under(place, _view_shape(form, view))


def _view_shape(form: FormDefinition, view: Mapping[str, Any]) -> Iterator[Problem]:
    """A board goes by a choice, a calendar by a day or an instant; a cover is a picture."""
    by, kind = view.get("by"), view.get("type", "table")
    if kind in VIEW_TYPES and by is None:
        yield Problem("by", "required")
    asked = (("by", by, VIEW_TYPES.get(kind)), ("cover", view.get("cover"), COVERS))
    for name, key, types in asked:
        field = form.find(key) if key is not None else None
        if key is None or (key in SYSTEM_FIELDS and name == "by" and kind == "calendar"):
            continue
        if field is None:
            yield Problem(name, "unknown-field", {"field": key})
        elif types is None or field.type not in types:
            yield Problem(name, "view-field-type", {"field": field.name})


def _checks(form: FormDefinition) -> Iterator[Problem]:
    for number, each in enumerate(form.checks):
        if each.at is not None and form.find(each.at) is None:
            yield Problem(f"checks/{number}/at", "unknown-field", {"field": each.at})


def _fixed(
    before: Iterable[FieldDefinition], after: Iterable[FieldDefinition], name: str = "fields"
) -> Iterator[Problem]:
    known = {each.key: each for each in before}
    for position, each in enumerate(after):
        old = known.get(each.key)
        if old is None:
            continue
        place = f"{name}/{position}"
        if old.type != each.type:
            words = {"before": type_words(old.type), "after": type_words(each.type)}
            yield Problem(f"{place}/type", "field-type-fixed", {"field": old.name, **words})
            continue
        for setting, read in _STORED_BY.items():
            if read(old) != read(each):
                yield Problem(f"{place}/{setting}", "setting-fixed", {"field": old.name})
        columns = (*old.fields, *old.archived)
        yield from under(place, _fixed(columns, each.fields))
        yield from under(place, _fixed(columns, each.archived, "archived"))


def _decimals(field: FieldDefinition) -> Any:
    """Numbers are stored as whole counts of their last decimal place."""
    kind = field_types.get(field.type)
    is_stored = bool(kind.columns(field)) or field.freeze is not None
    return kind.value_type(field).scale if is_stored else None


def _linked(field: FieldDefinition) -> Any:
    """Stored ids would point into another form."""
    return field.settings.get("to")


_STORED_BY: Mapping[str, Callable[[FieldDefinition], Any]] = {
    "decimals": _decimals,
    "to": _linked,
    "case": lambda field: field.exact,
    "freeze": lambda field: field.freeze,
}
