"""lookup: a value seen through a link."""

from __future__ import annotations

from typing import ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import Settings
from regulars.form_builder.field_types.related import DerivedField
from regulars.platform.expressions.types import MISSING, ValueType


class LookupField(DerivedField):
    """The value at ``path`` (``customer.tier``), always the current one."""

    name = "lookup"
    icon = "eye"
    settings: ClassVar[Settings] = {"path": {"$ref": "#/$defs/path"}}
    required_settings = ("path",)

    def value_type(self, field: FieldDefinition) -> ValueType:
        """Known only once the path is followed; the catalog of forms fills it in."""
        return MISSING
