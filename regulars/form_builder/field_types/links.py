"""links: any number of records of another form, each once, in an order of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import (
    BadValue,
    FieldType,
    Forms,
    Reading,
    Reference,
    Settings,
)
from regulars.form_builder.field_types.link import FORM_SETTING, LinkField
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem

MAX_LINKS = 200
_ONE = LinkField()
SEPARATORS = re.compile(r"[,，、；;|\n]")


def most_links(field: FieldDefinition) -> int:
    """How many records such a field may link to."""
    return int(field.settings.get("max_rows", MAX_LINKS))


class LinksField(FieldType):
    """The ids of records of form ``to``, kept as rows of a table of their own.

    A row has the linked record in its column `LINKED`; so everything that holds for the rows of a
    subform and the links in them holds here.
    """

    name = "links"
    icon = "network"
    settings: ClassVar[Settings] = {
        "to": FORM_SETTING,
        "on_delete": {"enum": ["refuse", "clear"]},
        "max_rows": {"type": "integer", "minimum": 1, "maximum": MAX_LINKS},
    }
    required_settings: ClassVar[tuple[str, ...]] = ("to",)
    may_be_unique = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        return ValueType(Kind.ROWS, form=self.target(field))

    def target(self, field: FieldDefinition) -> str:
        """The key of the form that this field points to."""
        return str(field.settings["to"])

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return []

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        return {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        """The links as given, each once: ids, and references that are looked up later."""
        if raw is None or raw == "":
            return []
        if not isinstance(raw, (list, tuple)):
            raise BadValue("not-a-list")
        return self._checked(field, (_ONE.convert(field, each, reading) for each in raw))

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        words = [word.strip() for word in SEPARATORS.split(text) if word.strip()]
        by = field.settings.get("by")
        given = words if by is None else [Reference(str(by), word) for word in words]
        return self._checked(
            field,
            (e if isinstance(e, Reference) else _ONE.convert(field, e, reading) for e in given),
        )

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return [row[LINKED] for row in value or () if row.get(LINKED) is not None]

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        one = {"type": ["integer", "object"], "minimum": 1}
        return {"type": ["array", "null"], "items": one, "maxItems": most_links(field)}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from _ONE.check(field, form, forms)

    def _checked(self, field: FieldDefinition, items: Iterable[Any]) -> list[Any]:
        found = list(dict.fromkeys(each for each in items if each is not None))
        if len(found) > most_links(field):
            raise BadValue("too-many-links", limit=most_links(field), n=len(found))
        return found
