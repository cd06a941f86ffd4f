"""A first map for a file: columns called like a field, or holding what only one can. Pure.

People correct it on the page; from the command line it is what happens without ``--map``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition, row_form
from regulars.form_builder.field_types.base import family_of, field_types

Guesses = Mapping[str, Mapping[str, Any]]  # column → what `Guess.as_json` says

_ALSO_CALLED = {
    "phone": (
        "phone", "mobile", "tel", "telephone",
        "手机", "手机号码", "电话", "联系电话", "手機", "電話",
    ),
    "email": ("email", "mail", "邮箱", "邮件", "電子郵件"),
}  # fmt: skip


def suggest_map(
    form: FormDefinition,
    forms: Mapping[str, FormDefinition],
    columns: Sequence[str],
    guesses: Guesses,
) -> dict[str, Any]:
    """The JSON of a map for one form; ``fields`` may be empty when nothing fits."""
    own = matched(importable(form), columns, guesses)
    left = [column for column in columns if column not in own.values()]
    target: dict[str, Any] = {
        "form": form.key,
        "fields": {
            key: source_for(form.by_key[key], column, guesses, forms)
            for key, column in own.items()
        },
    }
    for subform in (each for each in form.fields if each.type == "subform"):
        inner = row_form(form, subform)
        rows = matched(importable(inner), left, guesses, list(_names_of(subform)))
        if rows:
            sources = {
                key: source_for(inner.by_key[key], column, guesses, forms)
                for key, column in rows.items()
            }
            target["rows"] = {"field": subform.key, "fields": sources}
            break
    key = next((each.key for each in form.fields if each.unique and each.key in own), None)
    if key is not None:
        target["key"] = key
        if "rows" in target:
            target["group_by"] = own[key]
    return {"targets": [target]}


def importable(form: FormDefinition) -> list[FieldDefinition]:
    """The fields a file may fill, in the owner's order; subforms apart."""
    return [
        each
        for each in form.fields
        if each.type != "subform" and field_types.get(each.type).writable
    ]


def matched(
    fields: Iterable[FieldDefinition],
    columns: Sequence[str],
    guesses: Guesses,
    inside: Sequence[str] = (),
) -> dict[str, str]:
    """Field key → column, each column once: by name, then by what only one field can hold.

    ``inside`` are the names of the subform the fields stand in (our export puts them in front).
    """
    found: dict[str, str] = {}
    open_fields = list(fields)
    names = {column: _plain(column) for column in columns}
    for field in open_fields:
        own = set(_names_of(field))
        called = own | {outer + name for outer in inside for name in own}
        column = next((c for c in columns if names[c] in called and c not in found.values()), None)
        if column is not None:
            found[field.key] = column
    for kind in ("phone", "email"):
        rest = [field for field in open_fields if field.type == kind and field.key not in found]
        fitting = [
            column
            for column in columns
            if guesses.get(column, {}).get("kind") == kind and column not in found.values()
        ]
        if len(rest) == 1 and len(fitting) == 1:
            found[rest[0].key] = fitting[0]
    return found


def source_for(
    field: FieldDefinition, column: str, guesses: Guesses, forms: Mapping[str, FormDefinition]
) -> dict[str, Any]:
    """The source that reads ``column`` into ``field`` the way the column seems to be written."""
    source: dict[str, Any] = {"column": column}
    guess = guesses.get(column, {})
    way = guess.get("way", "")
    if field.type in ("date", "datetime") and guess.get("kind") in ("date", "datetime"):
        if way not in ("", "ymd"):
            source["parse"] = way
    elif family_of(field.type) == "number" and way == ",":
        source["parse"] = {"decimal": ","}
    if field.type in ("link", "links"):
        key = likely_key(forms.get(str(field.settings["to"])), guess.get("kind", ""))
        if key is not None:
            source["by"] = key
    return source


def likely_key(form: FormDefinition | None, kind: str) -> str | None:
    """The unique field of the other form that cells of this kind most likely hold."""
    unique = [each for each in form.fields if each.unique] if form else []
    alike = [each for each in unique if each.type == kind]
    others = [each for each in unique if each.type not in ("phone", "email")]
    for some in (alike, others, unique):
        if some:
            return some[0].key
    return None


def _names_of(field: FieldDefinition) -> Iterator[str]:
    yield _plain(field.key)
    label = field.label or {}
    for name in [label] if isinstance(label, str) else label.values():
        yield _plain(name)
    yield from map(_plain, _ALSO_CALLED.get(field.type, ()))


def _plain(name: str) -> str:
    """A name without case, spaces and punctuation: ``Order No.`` is ``orderno``."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())
