"""boolean: yes or no."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Reading
from regulars.platform import columns
from regulars.platform.expressions.types import BOOLEAN, ValueType

_YES = frozenset({"true", "yes", "y", "1", "on", "是", "有", "对", "√", "✓"})
_NO = frozenset({"false", "no", "n", "0", "off", "否", "无", "错", "×", "✗"})


class BooleanField(FieldType):
    """Yes, no, or not said."""

    name = "boolean"
    icon = "toggle-left"
    may_be_unique = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        return BOOLEAN

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Flag)]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        if isinstance(raw, bool):
            return raw
        raise BadValue("not-a-boolean", value=str(raw)[:40])

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        word = text.strip().casefold()
        if not word:
            return None
        if word in _YES or word in _NO:
            return word in _YES
        raise BadValue("not-a-boolean", value=text[:40])

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["boolean", "null"]}
