"""slider: a number chosen on a scale."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Forms, Reading, Settings
from regulars.form_builder.field_types.number import NUMBER_SETTING, NumberField, bound
from regulars.platform.problems import Problem

BEGIN, END = Decimal(0), Decimal(100)


class SliderField(NumberField):
    """A number from ``min`` (0) to ``max`` (100) in whole ``step`` (1), counted from zero."""

    name = "slider"
    icon = "sliders-horizontal"
    may_be_unique = False
    settings: ClassVar[Settings] = {
        "min": NUMBER_SETTING,
        "max": NUMBER_SETTING,
        "step": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
        "suffix": {"type": "string", "maxLength": 12},
    }

    def limits(self, field: FieldDefinition) -> tuple[Decimal | None, Decimal | None]:
        low, high = bound(field, "min"), bound(field, "max")
        return BEGIN if low is None else low, END if high is None else high

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        value = super().convert(field, raw, reading)
        if value is not None and value % step_of(field):
            raise BadValue("off-step", value=str(value), step=step_of(field))
        return value

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {**super().json_schema(field), "multipleOf": step_of(field)}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from super().check(field, form, forms)
        for name in ("min", "max"):
            end = bound(field, name)
            if end is not None and end % step_of(field):
                yield Problem(name, "off-step", {"value": str(end), "step": step_of(field)})


def step_of(field: FieldDefinition) -> int:
    """How far apart two neighbouring values are."""
    return int(field.settings.get("step", 1))
