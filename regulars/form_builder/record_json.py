"""A record as outside clients read it: flat, every field present, null where nothing stands.

Links read ``{"id", "title"}``, decimals are strings, instants end in Z, tags are a list, a subform
is a list of rows with their ``id``. Related records are a list of their own, not part of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.querying import Record
from regulars.platform.expressions.types import Kind

Titles = Mapping[tuple[str, int], str]

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


def record_json(catalog: FormCatalog, record: Record) -> dict[str, Any]:
    """The record as its reader's catalog has it; titles of links are ``record.titles``."""
    form = catalog.get_form(record.form)
    shape = catalog.shapes.find(record.form)
    answer = {
        key: _system(key, record.values.get(key), record.titles)
        for key in SYSTEM_KEYS
        if key in ALWAYS_SEEN or (shape is not None and shape.field(key) is not None)
    }
    for field in form.fields:
        if field.type != "related":
            answer[field.key] = field_json(catalog, form, field, record.values, record.titles)
    return answer


def field_json(
    catalog: FormCatalog,
    form: FormDefinition,
    field: FieldDefinition,
    values: Mapping[str, Any],
    titles: Titles,
) -> Any:
    """One value of a record or row."""
    value = values.get(field.key)
    if isinstance(value, MaskedText):
        return str(value)
    if field.type == "subform":
        inner = catalog.get_form(f"{form.key}.{field.key}")
        return [_row(catalog, inner, row, titles) for row in value or ()]
    if field.type == "links":
        to = str(field.settings["to"])
        linked = [row[LINKED] for row in value or () if isinstance(row.get(LINKED), int)]
        return [link_json(to, each, titles) for each in linked]
    target = _target(catalog, form, field)
    if target and isinstance(value, int):
        return link_json(target, value, titles)
    kind = field_types.get(field.type)
    return kind.to_json(field, value) if kind.writable else plain_json(value)


def plain_json(value: Any) -> Any:
    """A plain value whose field nobody writes (formulas, rollups, system values)."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def link_json(target: str, value: int, titles: Titles) -> dict[str, Any]:
    """A link as it is read."""
    return {"id": value, "title": titles.get((target, value), f"#{value}")}


def _row(
    catalog: FormCatalog, inner: FormDefinition, row: Mapping[str, Any], titles: Titles
) -> dict[str, Any]:
    cells = {each.key: field_json(catalog, inner, each, row, titles) for each in inner.fields}
    return {"id": row.get("id"), **cells}


def _target(catalog: FormCatalog, form: FormDefinition, field: FieldDefinition) -> str:
    kind = field_types.get(field.type)
    if isinstance(kind, LinkField):
        return kind.target(field)
    shape = catalog.shapes.find(form.key)
    found = shape.field(field.key) if shape is not None else None
    if found is not None and found.type.kind is Kind.LINK:
        return found.type.form or ""
    return ""


def _system(key: str, value: Any, titles: Titles) -> Any:
    if isinstance(value, MaskedText):
        return str(value)
    if key in SYSTEM_LINKS and isinstance(value, int):
        return link_json(SYSTEM_LINKS[key], value, titles)
    return plain_json(value)
