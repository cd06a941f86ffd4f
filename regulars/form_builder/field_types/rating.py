"""rating: so many stars out of a few."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Reading, Settings
from regulars.form_builder.field_types.number import NumberField

STARS = 5
FULL, HOLLOW = "★", "☆"


class RatingField(NumberField):
    """A whole number from 1 to ``stars`` (3 to 10, else 5)."""

    name = "rating"
    icon = "star"
    may_be_unique = False
    settings: ClassVar[Settings] = {"stars": {"type": "integer", "minimum": 3, "maximum": 10}}

    def limits(self, field: FieldDefinition) -> tuple[Decimal | None, Decimal | None]:
        return Decimal(1), Decimal(stars_of(field))

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        """A number, or stars as other programs export them."""
        cleaned = text.strip().rstrip(HOLLOW)
        if cleaned and set(cleaned) == {FULL}:
            cleaned = str(len(cleaned))
        return super().parse_text(field, cleaned, reading)


def stars_of(field: FieldDefinition) -> int:
    """How many stars there are to give."""
    return int(field.settings.get("stars", STARS))
