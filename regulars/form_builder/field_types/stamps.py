"""created_at, created_by, updated_at, updated_by: the system's own marks, placed on a form."""

from __future__ import annotations

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.related import DerivedField
from regulars.platform.expressions.types import DATETIME, Kind, ValueType


class StampField(DerivedField):
    """Shows the system field of the same name where the owner wants it."""

    icon = "clock"

    def __init__(self, system_field: str) -> None:
        self.name = system_field  # type: ignore[misc]  # one class serves four literal names

    def value_type(self, field: FieldDefinition) -> ValueType:
        if self.name.endswith("_at"):
            return DATETIME
        return ValueType(Kind.LINK, form="sys_members")


STAMPS = tuple(
    StampField(name) for name in ("created_at", "created_by", "updated_at", "updated_by")
)
