"""related: the records of another form that link to this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Forms, Reading, Settings
from regulars.form_builder.field_types.link import FORM_SETTING
from regulars.form_builder.plain_values import plain_json, plain_value
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem


class DerivedField(FieldType):
    """Shared by types that nobody writes and that have no column, unless they are frozen."""

    writable = False
    may_be_unique = False

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return []

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        return {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        raise BadValue("read-only")

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return plain_json(value)

    def is_own(self, field: FieldDefinition) -> bool:
        return field.freeze is not None

    def kept(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if not self.is_own(field):
            raise BadValue("read-only")
        return plain_value(self.value_type(field).kind, raw)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"readOnly": True}


class RelatedField(DerivedField):
    """Records of form ``from`` whose link ``via`` points here, in ``order``."""

    name = "related"
    icon = "list-tree"
    settings: ClassVar[Settings] = {
        "from": FORM_SETTING,
        "via": FORM_SETTING,
        "order": {"type": "string", "pattern": "^-?[a-z][a-z0-9_]*$"},
    }
    required_settings = ("from", "via")

    def value_type(self, field: FieldDefinition) -> ValueType:
        return ValueType(Kind.ROWS, form=str(field.settings["from"]))

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        source = forms.get(str(field.settings["from"]))
        if source is None:
            yield Problem("from", "unpublished-form", {"form": field.settings["from"]})
            return
        via = source.find(str(field.settings["via"]))
        if via is None or via.type not in ("link", "links") or via.settings.get("to") != form.key:
            place = {"field": field.settings["via"], "form": source.label}
            yield Problem("via", "via-is-no-link-here", place)
        order = str(field.settings.get("order", "")).removeprefix("-")
        if order and source.find(order) is None and order not in ("id", "created_at"):
            yield Problem("order", "unknown-field", {"field": order})
