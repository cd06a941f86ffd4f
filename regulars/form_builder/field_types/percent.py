"""percent: a share in hundredths."""

from __future__ import annotations

from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Reading, Settings
from regulars.form_builder.field_types.number import NUMBER_SETTING, NumberField


class PercentField(NumberField):
    """A share; 20 stands for 20 %, everywhere alike: on pages, in conditions, in files.

    ``decimals`` places (0 to 6), optional ``min`` and ``max``.
    """

    name = "percent"
    icon = "percent"
    settings: ClassVar[Settings] = {
        "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
        "min": NUMBER_SETTING,
        "max": NUMBER_SETTING,
    }

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        return super().parse_text(field, text.strip().rstrip("%％"), reading)
