"""choices: several of the owner's options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Settings
from regulars.form_builder.field_types.choice import OPTIONS_SETTING, options_of
from regulars.form_builder.field_types.tags import MAX_TAGS, TagsField


class ChoicesField(TagsField):
    """A set of codes of ``options`` in a side table; at most ``most`` of them (else 100)."""

    name = "choices"
    icon = "list-checks"
    settings: ClassVar[Settings] = {
        "options": OPTIONS_SETTING,
        "most": {"type": "integer", "minimum": 1, "maximum": MAX_TAGS},
    }
    required_settings = ("options",)

    def is_free(self, field: FieldDefinition) -> bool:
        return False

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {**super().json_schema(field), "maxItems": most_of(field)}

    def _checked(self, field: FieldDefinition, items: Iterable[str]) -> frozenset[str]:
        given = list(items)
        if len(given) > most_of(field):
            raise BadValue("too-many-choices", limit=most_of(field), n=len(given))
        return frozenset(given)


def most_of(field: FieldDefinition) -> int:
    """How many options a record may have."""
    return int(field.settings.get("most", MAX_TAGS))


def in_order(field: FieldDefinition, codes: Iterable[str]) -> list[str]:
    """Codes as the owner ordered the options; those that are none any more stand last."""
    order = {code: place for place, code in enumerate(options_of(field))}
    return sorted(codes, key=lambda code: (order.get(code, len(order)), code))
