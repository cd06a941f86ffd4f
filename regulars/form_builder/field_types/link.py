"""link: one record of another form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import (
    BadValue,
    FieldType,
    Forms,
    Reading,
    Reference,
    Settings,
)
from regulars.platform import columns
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem

FORM_SETTING = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}


class LinkField(FieldType):
    """The id of a record of form ``to``; what happens on its deletion is ``on_delete``."""

    name = "link"
    icon = "arrow-up-right"
    settings: ClassVar[Settings] = {
        "to": FORM_SETTING,
        "on_delete": {"enum": ["refuse", "clear", "cascade"]},
    }
    required_settings: ClassVar[tuple[str, ...]] = ("to",)

    def value_type(self, field: FieldDefinition) -> ValueType:
        return ValueType(Kind.LINK, form=self.target(field))

    def target(self, field: FieldDefinition) -> str:
        """The key of the form that this field points to."""
        return str(field.settings["to"])

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.BigInt)]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        if isinstance(raw, Mapping):
            return _by_key(raw)
        if isinstance(raw, str) and raw.isdecimal() and len(raw) < 19:
            return int(raw)
        return _an_id(raw)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["integer", "object", "null"], "minimum": 1}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        target = self.target(field)
        if target not in forms and target != form.key:
            yield Problem("to", "unpublished-form", {"form": target})


def _an_id(raw: Any) -> int:
    """The number of a record; JSON makes no difference between 7 and 7.0."""
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise BadValue("not-a-link")
    if not 0 < raw < 2**63 or raw != int(raw):
        raise BadValue("not-a-link")
    return int(raw)


def _by_key(raw: Mapping[str, Any]) -> Any:
    """``{"id": 7}`` (as read) or ``{"mobile": "138…"}`` (a unique key of the target)."""
    if "id" in raw:
        return _an_id(raw["id"])
    if len(raw) != 1:
        raise BadValue("not-a-link")
    ((key, value),) = raw.items()
    if value is None or isinstance(value, (dict, list, bool)):
        raise BadValue("not-a-link")
    return Reference(str(key), value)
