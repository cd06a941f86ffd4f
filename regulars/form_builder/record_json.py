"""A record as outside clients read it: flat, every field present, null where nothing stands.

Links read ``{"id", "title"}``, decimals are strings, instants end in Z, tags are a list, a subform
is a list of rows with their ``id``. Related records are a list of their own, not part of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import (
    LINKED,
    VALUELESS_TYPES,
    FieldDefinition,
    FormDefinition,
)
from regulars.form_builder.field_types.base import FieldType, field_types
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import Record
from regulars.platform.expressions.types import Kind

Titles = Mapping[tuple[str, int], str]
Write = Callable[[Any, Titles], Any]
"""What writes the values of one field: a plain value and the titles of links → JSON."""

SYSTEM_LINKS: Mapping[str, str] = {
    "created_by": "sys_members",
    "updated_by": "sys_members",
    "owner": "sys_members",
    "unit": "sys_units",
}
SYSTEM_KEYS = (
    "id", "version", "created_at", "created_by", "updated_at", "updated_by", "unit", "owner",
)  # fmt: skip


ALWAYS_SEEN = ("id", "version")


_LEFT_OUT = ("related", *VALUELESS_TYPES)


def record_json(catalog: FormCatalog, record: Record) -> dict[str, Any]:
    """The record as its reader's catalog has it; titles of links are ``record.titles``."""
    writers = catalog.kept(("record json", record.form), partial(_writers, catalog, record.form))
    values, titles = record.values, record.titles
    return {key: write(values.get(key), titles) for key, write in writers}


def _writers(catalog: FormCatalog, form_key: str) -> list[tuple[str, Write]]:
    """What writes each value of a record, in the order of the answer."""
    form, shape = catalog.get_form(form_key), catalog.shapes.find(form_key)
    system = [
        (key, _link_writer(SYSTEM_LINKS[key]) if key in SYSTEM_LINKS else _plain)
        for key in SYSTEM_KEYS
        if key in ALWAYS_SEEN or (shape is not None and shape.field(key) is not None)
    ]
    fields = [each for each in form.fields if each.type not in _LEFT_OUT]
    return [*system, *((each.key, _writer(catalog, form, each)) for each in fields)]


def _writer(catalog: FormCatalog, form: FormDefinition, field: FieldDefinition) -> Write:
    """What writes the values of one field of a record or row."""
    if field.type == "subform":
        return _rows_writer(catalog, catalog.get_form(f"{form.key}.{field.key}"))
    if field.has_links:
        return _links_writer(str(field.settings["to"]))
    kind = field_types.get(field.type)
    otherwise = _field_writer(kind, field) if kind.writable else _plain
    target = _target(catalog, form, field)
    return _link_writer(target, otherwise) if target else otherwise


def _plain(value: Any, _titles: Titles) -> Any:
    return str(value) if isinstance(value, MaskedText) else plain_json(value)


def _field_writer(kind: FieldType, field: FieldDefinition) -> Write:
    def write(value: Any, _titles: Titles) -> Any:
        return str(value) if isinstance(value, MaskedText) else kind.to_json(field, value)

    return write


def _link_writer(target: str, otherwise: Write = _plain) -> Write:
    def write(value: Any, titles: Titles) -> Any:
        if isinstance(value, int):
            return link_json(target, value, titles)
        return otherwise(value, titles)

    return write


def _links_writer(target: str) -> Write:
    def write(value: Any, titles: Titles) -> Any:
        if isinstance(value, MaskedText):
            return str(value)
        linked = [row[LINKED] for row in value or () if isinstance(row.get(LINKED), int)]
        return [link_json(target, each, titles) for each in linked]

    return write


def _rows_writer(catalog: FormCatalog, inner: FormDefinition) -> Write:
    writers = [(each.key, _writer(catalog, inner, each)) for each in inner.fields]

    def cells(row: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
        return {key: write(row.get(key), titles) for key, write in writers}

    def write(value: Any, titles: Titles) -> Any:
        if isinstance(value, MaskedText):
            return str(value)
        return [{"id": row.get("id"), **cells(row, titles)} for row in value or ()]

    return write


def link_json(target: str, value: int, titles: Titles) -> dict[str, Any]:
    """A link as it is read."""
    return {"id": value, "title": titles.get((target, value), f"#{value}")}


def _target(catalog: FormCatalog, form: FormDefinition, field: FieldDefinition) -> str:
    kind = field_types.get(field.type)
    if isinstance(kind, LinkField):
        return kind.target(field)
    shape = catalog.shapes.find(form.key)
    found = shape.field(field.key) if shape is not None else None
    if found is not None and found.type.kind is Kind.LINK:
        return found.type.form or ""
    return ""
