"""choice: one of the owner's options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, FieldType, Forms, Reading, Settings
from regulars.platform import columns, i18n
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem

COLORS = ("gray", "red", "orange", "amber", "green", "teal", "blue", "violet", "pink")
OPTIONS_SETTING = {
    "type": "array",
    "maxItems": 200,
    "items": {
        "type": "object",
        "properties": {
            "value": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,48}$"},
            "label": {"$ref": "#/$defs/text"},
            "color": {"enum": list(COLORS)},
        },
        "required": ["value"],
        "additionalProperties": False,
    },
}


class ChoiceField(FieldType):
    """One code of ``options``; each has a label in the owner's languages and a colour."""

    name = "choice"
    icon = "list"
    settings: ClassVar[Settings] = {"options": OPTIONS_SETTING}
    required_settings = ("options",)
    may_be_unique = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        return ValueType(Kind.CHOICE, options=tuple(options_of(field)))

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [sa.Column(field.key, columns.Text)]

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        return one_option(field, raw)

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        word = text.strip()
        return by_label(field, word) if word else None

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"enum": [*options_of(field), None]}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from check_options(field)


def options_of(field: FieldDefinition) -> Mapping[str, Mapping[str, Any]]:
    """The options by their code, in the owner's order."""
    return field.options


def option_label(field: FieldDefinition, value: str, locale: str) -> str:
    """What people read for a code; the code itself when it is no longer an option."""
    option = options_of(field).get(value)
    return i18n.pick(option.get("label"), locale) or value if option else value


def one_option(field: FieldDefinition, raw: Any) -> str:
    """The code ``raw``, if it is one of the options."""
    if not isinstance(raw, str):
        raise BadValue("not-text")
    if raw not in options_of(field):
        raise BadValue("not-an-option", value=raw[:40], allowed=list(options_of(field))[:12])
    return raw


def by_label(field: FieldDefinition, word: str) -> str:
    """The code whose code or label, in any language, is ``word`` (upper and lower case alike)."""
    folded = word.casefold()
    for value, option in options_of(field).items():
        label = option.get("label") or {}
        names = [label] if isinstance(label, str) else list(label.values())
        if folded in (name.casefold() for name in (value, *names)):
            return value
    return one_option(field, word)


def check_options(field: FieldDefinition) -> Iterator[Problem]:
    """Each code may stand once."""
    seen: set[str] = set()
    for position, option in enumerate(field.settings.get("options", ())):
        if option["value"] in seen:
            place = f"options/{position}/value"
            yield Problem(place, "duplicate-option", {"value": option["value"]})
        seen.add(option["value"])
