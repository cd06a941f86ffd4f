"""phone: one telephone number, kept in international form."""

from __future__ import annotations

from typing import ClassVar

import phonenumbers

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Settings, TextLike


class PhoneField(TextLike):
    """A number as E.164 (``+8613800001234``); ``region`` reads numbers written without +."""

    name = "phone"
    icon = "phone"
    settings: ClassVar[Settings] = {"region": {"type": "string", "pattern": "^[A-Z]{2}$"}}
    max_length = 40

    def refine(self, field: FieldDefinition, text: str) -> str:
        region = str(field.settings.get("region", "CN"))
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise BadValue("not-a-phone", value=text) from None
        if not phonenumbers.is_possible_number(number):
            raise BadValue("not-a-phone", value=text)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
