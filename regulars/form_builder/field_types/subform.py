"""subform: rows that live and die with their record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import (
    BadValue,
    FieldType,
    Forms,
    Reading,
    Settings,
    field_types,
)
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem, under

MAX_ROWS = 2000
NESTABLE = frozenset({
    "text", "long_text", "number", "money", "percent", "rating", "slider", "duration", "boolean",
    "date", "datetime", "time", "choice", "cascade", "email", "phone", "url", "address",
    "location", "link", "unit", "member", "formula", "barcode",
})  # fmt: skip


class SubformField(FieldType):
    """Up to 2,000 rows with ``fields`` of their own, kept in order in a child table."""

    name = "subform"
    icon = "table"
    settings: ClassVar[Settings] = {
        "fields": {
            "type": "array",
            "minItems": 1,
            "maxItems": 60,
            "items": {"$ref": "#/$defs/field"},
        },
        "archived": {"type": "array", "maxItems": 60, "items": {"$ref": "#/$defs/field"}},
        "min_rows": {"type": "integer", "minimum": 0, "maximum": MAX_ROWS},
        "max_rows": {"type": "integer", "minimum": 1, "maximum": MAX_ROWS},
    }
    required_settings = ("fields",)
    may_be_unique = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        """Rows of ``<form>.<field>``; the catalog of forms adds the form's key."""
        return ValueType(Kind.ROWS, form=field.key)

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return []

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        return {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        """The rows as given; each is converted by the record writer, which knows places."""
        raw = [] if raw is None else raw
        if not isinstance(raw, list) or not all(isinstance(row, Mapping) for row in raw):
            raise BadValue("not-rows")
        limit = int(field.settings.get("max_rows", MAX_ROWS))
        if len(raw) > limit:
            raise BadValue("too-many-rows", limit=limit, n=len(raw))
        if len(raw) < int(field.settings.get("min_rows", 0)):
            raise BadValue("too-few-rows", limit=field.settings["min_rows"], n=len(raw))
        return [dict(row) for row in raw]

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        fewest = int(field.settings.get("min_rows", 0))
        return {
            "type": "array" if fewest else ["array", "null"],
            "items": {"type": "object"},
            "minItems": fewest,
            "maxItems": int(field.settings.get("max_rows", MAX_ROWS)),
        }

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        for position, child in enumerate(field.fields):
            place = f"fields/{position}"
            if child.type not in NESTABLE:
                yield Problem(f"{place}/type", "not-in-subform", {"type": child.type})
                continue
            yield from under(place, list(field_types.get(child.type).check(child, form, forms)))
