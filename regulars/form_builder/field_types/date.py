"""date: a calendar day."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Reading
from regulars.platform import columns
from regulars.platform.expressions.types import DATE, ValueType


class DateField(FieldType):
    """A day without time or zone, ``YYYY-MM-DD`` at the borders; years 1 to 9999."""

    name = "date"
    icon = "calendar"

    def value_type(self, field: FieldDefinition) -> ValueType:
        return DATE

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Day)]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        if isinstance(raw, date):
            return raw
        if not isinstance(raw, str) or len(raw) != 10:
            raise BadValue("not-a-date", value=str(raw)[:40])
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise BadValue("not-a-date", value=raw) from None

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
