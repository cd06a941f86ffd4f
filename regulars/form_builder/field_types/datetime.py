"""datetime: an instant, shown in the workspace's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Reading
from regulars.platform import columns
from regulars.platform.expressions.types import DATETIME, ValueType

_WRITTEN = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?$"
)


class DateTimeField(FieldType):
    """An instant, ISO 8601 at the borders; without an offset it is the workspace's local time."""

    name = "datetime"
    icon = "clock"

    def value_type(self, field: FieldDefinition) -> ValueType:
        return DATETIME

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Instant)]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        value = raw if isinstance(raw, datetime) else _parsed(raw)
        if value.tzinfo is None:
            value = value.replace(tzinfo=reading.zone)
        try:
            value.astimezone(reading.zone)  # a page shows it there
            return value.astimezone(UTC)
        except OverflowError:
            raise BadValue("not-a-datetime", value=str(raw)) from None

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else value.isoformat().replace("+00:00", "Z")

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["string", "null"], "pattern": _WRITTEN}


def _parsed(raw: Any) -> datetime:
    if not isinstance(raw, str) or len(raw) > 40:
        raise BadValue("not-a-datetime", value=str(raw)[:40])
    try:
        return datetime.fromisoformat(raw)
    except ValueError:
        raise BadValue("not-a-datetime", value=raw) from None
