"""rollup: a stored aggregate over related records or subform rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import (
    BadValue,
    FieldType,
    Forms,
    Reading,
    Settings,
    field_types,
)
from regulars.form_builder.field_types.link import FORM_SETTING
from regulars.platform import columns
from regulars.platform.expressions.types import DATE, DATETIME, Kind, ValueType, number
from regulars.platform.problems import Problem

AGGREGATES = ("count", "sum", "avg", "min", "max")
ROLLED_UP = ("related", "subform", "links")
"""Types whose values are records or rows that can be added up."""
_RESULTS = ("number", "money", "date", "datetime")


class RollupField(FieldType):
    """``aggregate`` of ``field`` over the rows of ``of`` that meet ``where``.

    A physical column of the parent, kept right in the transaction that changes a row. ``result``
    and ``decimals`` say how it is stored; a count is always a whole number.
    """

    name = "rollup"
    icon = "sigma"
    writable = False
    may_be_unique = False
    settings: ClassVar[Settings] = {
        "of": FORM_SETTING,
        "aggregate": {"enum": list(AGGREGATES)},
        "field": FORM_SETTING,
        "where": {"type": "object"},
        "result": {"enum": list(_RESULTS)},
        "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    }
    required_settings = ("of", "aggregate")

    def value_type(self, field: FieldDefinition) -> ValueType:
        result = self.result(field)
        if result in ("date", "datetime"):
            return DATE if result == "date" else DATETIME
        return number(self.decimals(field))

    def result(self, field: FieldDefinition) -> str:
        """``number``, ``money``, ``date`` or ``datetime``."""
        if field.settings["aggregate"] == "count":
            return "number"
        return str(field.settings.get("result", "number"))

    def decimals(self, field: FieldDefinition) -> int:
        """Places kept of a number."""
        if field.settings["aggregate"] == "count":
            return 0
        default = 2 if self.result(field) == "money" else 0
        return int(field.settings.get("decimals", default))

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        kind = self.value_type(field).kind
        if kind is Kind.DATE:
            return [sa.Column(field.key, columns.Day)]
        if kind is Kind.DATETIME:
            return [sa.Column(field.key, columns.Instant)]
        zero = "0" if field.settings["aggregate"] in ("count", "sum") else None
        column = columns.Scaled(self.decimals(field))
        return [sa.Column(field.key, column, server_default=zero)]

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        return {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        raise BadValue("read-only")

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        name = self.result(field)
        served = field_types.get("number" if name in ("number", "money") else name)
        return served.to_json(field, value)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["string", "number", "null"], "readOnly": True}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        of = form.find(str(field.settings["of"]))
        if of is None or of.type not in ROLLED_UP:
            yield Problem("of", "rollup-of-no-rows", {"field": field.settings["of"]})
            return
        if field.settings["aggregate"] != "count" and "field" not in field.settings:
            yield Problem("field", "required")
            return
        wanted = field.settings.get("field")
        if wanted and wanted not in {row.key for row in rows_of(of, forms)}:
            yield Problem("field", "unknown-field", {"field": wanted})


def rows_of(of: FieldDefinition, forms: Forms) -> tuple[FieldDefinition, ...]:
    """The fields of the records that a rollup over ``of`` adds up."""
    if of.type == "subform":
        return of.fields
    source = forms.get(str(of.settings.get("to" if of.has_links else "from")))
    return source.fields if source else ()
