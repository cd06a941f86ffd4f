"""money: an exact amount in one currency."""

from __future__ import annotations

from typing import Any, ClassVar

from babel.numbers import get_currency_precision

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Reading, Settings
from regulars.form_builder.field_types.number import NUMBER_SETTING, NumberField, exact


class MoneyField(NumberField):
    """An amount; ``currency`` (default the workspace's), ``decimals`` (default the currency's)."""

    name = "money"
    icon = "banknote"
    settings: ClassVar[Settings] = {
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
        "min": NUMBER_SETTING,
        "max": NUMBER_SETTING,
    }

    def decimals(self, field: FieldDefinition) -> int:
        if "decimals" in field.settings:
            return int(field.settings["decimals"])
        return int(get_currency_precision(str(field.settings.get("currency", "CNY"))))

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        symbols = "¥￥$£€元 "
        cleaned = text.strip().strip(symbols).removeprefix("CNY").removeprefix("GBP")
        value = super().parse_text(field, cleaned.strip(), reading)
        return exact(value)
