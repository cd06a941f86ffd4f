"""A form's records as JSON Schema (draft 2020-12): what a client may send, and what it reads.

Pure. The schema describes values in canonical writing; the product also takes a few loose ones
(spaces around a text, full-width digits). What JSON Schema has no words for stays to the product:
whether a telephone number exists, whether a value is free, whether a link leads anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import VALUELESS_TYPES, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import NOT_BLANK, TextLike, field_types
from regulars.form_builder.field_types.file import FileField
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.field_types.links import LinksField
from regulars.form_builder.record_json import SYSTEM_KEYS, SYSTEM_LINKS
from regulars.form_builder.system_forms import system_forms
from regulars.platform import i18n
from regulars.platform.expressions.types import Kind, ValueType

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ID: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
_INSTANT: Mapping[str, Any] = {"type": "string", "format": "date-time"}
_DECIMAL: Mapping[str, Any] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
_READ_LINK: Mapping[str, Any] = {
    "type": "object",
    "properties": {"id": ID, "title": {"type": "string"}},
    "required": ["id", "title"],
    "additionalProperties": False,
}


def create_schema(catalog: FormCatalog, form_key: str, locale: str = "en") -> Schema:
    """What makes a record: required fields without a default must be there."""
    form = catalog.get_form(form_key)
    given = _writable(form)
    wanted = [each.key for each in given if each.required and each.default is None]
    return _object(form, {f.key: input_value(catalog, form, f, locale) for f in given}, wanted)


def update_schema(catalog: FormCatalog, form_key: str, locale: str = "en") -> Schema:
    """What changes a record: any of its fields, what is absent stays as it is."""
    form = catalog.get_form(form_key)
    values = {f.key: input_value(catalog, form, f, locale) for f in _writable(form)}
    return _object(form, values, [])


def record_schema(catalog: FormCatalog, form_key: str, locale: str = "en") -> Schema:
    """A record as it is read: every field is there, null where nothing stands."""
    form = catalog.get_form(form_key)
    values: Schema = {key: _system(key) for key in SYSTEM_KEYS}
    for each in form.fields:
        if each.type not in ("related", *VALUELESS_TYPES):
            values[each.key] = {**_words(each, locale), **output_value(catalog, form, each)}
    return _object(form, values, list(values))


def input_value(
    catalog: FormCatalog, form: FormDefinition, field: FieldDefinition, locale: str = "en"
) -> Schema:
    """One value as a client may send it."""
    kind = field_types.get(field.type)
    if field.type == "subform":
        schema = _input_rows(catalog, form, field, locale)
    elif isinstance(kind, LinksField):
        schema = _input_links(catalog, field, kind)
    elif isinstance(kind, LinkField):
        schema = _input_link(catalog, kind.target(field))
    else:
        schema = kind.json_schema(field)
    return {**_words(field, locale), **(_filled(field, schema) if field.required else schema)}


def output_value(catalog: FormCatalog, form: FormDefinition, field: FieldDefinition) -> Schema:
    """One value as it is read."""
    kind = field_types.get(field.type)
    if field.type == "subform":
        inner = catalog.get_form(f"{form.key}.{field.key}")
        cells = {each.key: output_value(catalog, inner, each) for each in inner.fields}
        row = {"id": {"type": "integer"}, **cells}
        return {"type": "array", "items": _closed(row, list(row))}
    if isinstance(kind, LinksField):
        return {"type": "array", "items": _READ_LINK}
    if isinstance(kind, LinkField):
        return _or_null(_READ_LINK)
    if kind.writable:
        read = kind.json_schema_read(field) or _read_only_kinds(kind.value_type(field))
        return read or _read_choice(kind.json_schema(field))
    shape = catalog.shapes.find(form.key)
    found = shape.field(field.key) if shape is not None else None
    return _derived(found.type) if found is not None else {}


def _writable(form: FormDefinition) -> list[FieldDefinition]:
    return [each for each in form.fields if field_types.get(each.type).writable]


def _object(form: FormDefinition, values: Schema, required: list[str]) -> Schema:
    return {"$schema": DRAFT, "title": i18n.pick(form.label, "en"), **_closed(values, required)}


def _closed(values: Schema, required: list[str]) -> Schema:
    shape: Schema = {"type": "object", "properties": values, "additionalProperties": False}
    return {**shape, "required": required} if required else shape


def _words(field: FieldDefinition, locale: str) -> Schema:
    words = {"title": i18n.pick(field.name, locale), "description": i18n.pick(field.help, locale)}
    return {key: text for key, text in words.items() if text}


def _input_rows(
    catalog: FormCatalog, form: FormDefinition, field: FieldDefinition, locale: str
) -> Schema:
    """Rows have no defaults, so a required column must be in each of them."""
    inner = catalog.get_form(f"{form.key}.{field.key}")
    given = _writable(inner)
    cells = {f.key: input_value(catalog, inner, f, locale) for f in given}
    row = _closed(
        {"id": {"type": ["integer", "null"]}, **cells}, [f.key for f in given if f.required]
    )
    return {**field_types.get("subform").json_schema(field), "items": row}


def _input_link(catalog: FormCatalog, target: str) -> Schema:
    """An id, the link as it is read, or one of the target's unique keys with its value."""
    by_id = {"type": "object", "properties": {"id": ID}, "required": ["id"]}
    ways: list[Schema] = [dict(ID), by_id]
    for key in _keys_of(catalog, target):
        one = {key: {"type": ["string", "number"]}}
        ways.append({**_closed(one, [key])})
    return {"anyOf": [*ways, {"type": "null"}]}


def _input_links(catalog: FormCatalog, field: FieldDefinition, kind: LinksField) -> Schema:
    one = _input_link(catalog, kind.target(field))
    ways = [way for way in one["anyOf"] if way.get("type") != "null"]
    return {**kind.json_schema(field), "items": {"anyOf": ways}}


def _keys_of(catalog: FormCatalog, target: str) -> list[str]:
    if target in system_forms:
        return {"sys_units": ["code"], "sys_members": ["email"]}.get(target, [])
    form = catalog.forms.get(target)
    return [f.key for f in form.fields if f.unique or f.type == "serial"] if form else []


def _filled(field: FieldDefinition, schema: Schema) -> Schema:
    """The schema without any way to say "nothing"."""
    strict = dict(schema)
    if isinstance(strict.get("type"), list):
        strict["type"] = [name for name in strict["type"] if name != "null"]
    if "enum" in strict:
        strict["enum"] = [value for value in strict["enum"] if value is not None]
    if "anyOf" in strict:
        strict["anyOf"] = [way for way in strict["anyOf"] if way.get("type") != "null"]
    if field.has_side or field.has_rows or isinstance(field_types.get(field.type), FileField):
        strict["minItems"] = max(1, strict.get("minItems", 0))
    if isinstance(field_types.get(field.type), TextLike):
        strict.setdefault("minLength", 1)
        strict["allOf"] = [{"pattern": NOT_BLANK}]
    return strict


def _read_only_kinds(value: ValueType) -> Schema:
    plain: Mapping[Kind, Schema] = {
        Kind.NUMBER: _or_null(_DECIMAL),
        Kind.DATETIME: _or_null(_INSTANT),
        Kind.DATE: _or_null({"type": "string", "format": "date"}),
        Kind.TAGS: {"type": "array", "items": {"type": "string"}},
        Kind.TEXT: _or_null({"type": "string"}),
    }
    return plain.get(value.kind, {})


def _read_choice(schema: Schema) -> Schema:
    """A stored code may be an option no longer, so reading promises a text only."""
    return {"type": ["string", "null"]} if "enum" in schema else schema


def _derived(value: ValueType) -> Schema:
    if value.kind is Kind.BOOLEAN:
        return {"type": ["boolean", "null"], "readOnly": True}
    if value.kind is Kind.LINK:
        return {**_or_null(_READ_LINK), "readOnly": True}
    found = _read_only_kinds(value) or {"type": ["string", "null"]}
    return {**found, "readOnly": True}


def _or_null(schema: Mapping[str, Any]) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _system(key: str) -> Schema:
    if key in SYSTEM_LINKS:
        return {**_or_null(_READ_LINK), "readOnly": True}
    if key.endswith("_at"):
        return {**_INSTANT, "readOnly": True}
    return {"type": "integer", "readOnly": True}
