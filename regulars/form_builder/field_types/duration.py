"""duration: how long something takes, in minutes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Reading, Settings
from regulars.form_builder.field_types.number import NumberField

_CLOCK = re.compile(r"(\d{1,7})\s*[:：]\s*([0-5]\d)")
_LONGEST = Decimal(60 * 10**7)


class DurationField(NumberField):
    """Whole minutes, from none to ten million hours; ``1:30`` is read as 90."""

    name = "duration"
    icon = "timer"
    may_be_unique = False
    settings: ClassVar[Settings] = {}

    def limits(self, field: FieldDefinition) -> tuple[Decimal | None, Decimal | None]:
        return Decimal(0), _LONGEST

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        found = _CLOCK.fullmatch(text.strip())
        minutes = str(int(found[1]) * 60 + int(found[2])) if found else text
        return super().parse_text(field, minutes, reading)

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        return clock(value)


def clock(minutes: Decimal) -> str:
    """``1:30`` for ninety minutes."""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours}:{rest:02d}"
