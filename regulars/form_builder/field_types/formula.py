"""formula: a value computed from other fields."""

from __future__ import annotations

from typing import ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Settings
from regulars.form_builder.field_types.related import DerivedField
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    TEXT,
    ValueType,
    number,
)

RESULTS = ("text", "number", "money", "boolean", "date", "datetime")


class FormulaField(DerivedField):
    """A live value; ``result`` is its type, ``decimals`` its places when a number."""

    name = "formula"
    icon = "sigma"
    settings: ClassVar[Settings] = {
        "formula": {"type": "string", "minLength": 1, "maxLength": 4000},
        "result": {"enum": list(RESULTS)},
        "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    }
    required_settings = ("formula", "result")

    def value_type(self, field: FieldDefinition) -> ValueType:
        result = str(field.settings["result"])
        places = int(field.settings.get("decimals", 2 if result == "money" else 0))
        plain = {"text": TEXT, "boolean": BOOLEAN, "date": DATE, "datetime": DATETIME}
        return plain.get(result, number(places))
