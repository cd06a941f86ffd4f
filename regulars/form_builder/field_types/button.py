"""button: a field without a value that starts a rule for its record or opens an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import Forms, Settings
from regulars.form_builder.field_types.related import DerivedField
from regulars.platform.expressions.types import MISSING, ValueType
from regulars.platform.problems import Problem

MERGED = re.compile(r"\{([^{}]*)\}")
_FIXED = re.compile(r"(?:https?://[^\s{}/?#@\\]+(?:[/?#]|$)|tel:|mailto:)", re.IGNORECASE)

PRESSERS = ("change", "see", "start")
"""Who may press a button that starts a rule; the first one holds when it says nothing."""


class ButtonField(DerivedField):
    """``starts`` the rule of this key by hand, or ``opens`` an address with ``{merge_fields}``.

    ``press`` says who starts the rule: who may change the record, who sees it, or who may start
    rules. With ``ask`` it asks first. The address must name its host itself, so that no value of a
    record decides where the link leads.
    """

    name = "button"
    icon = "mouse-pointer-click"
    settings: ClassVar[Settings] = {
        "starts": {"type": "string", "pattern": "^[a-z](_?[a-z0-9]){0,47}$"},
        "opens": {"type": "string", "minLength": 1, "maxLength": 500},
        "ask": {"type": "boolean"},
        "press": {"enum": [*PRESSERS]},
    }

    def value_type(self, field: FieldDefinition) -> ValueType:
        return MISSING

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        opens = field.settings.get("opens")
        if bool(opens) == bool(field.settings.get("starts")):
            yield Problem("starts", "button-does-one-thing", {"field": field.name})
        if opens and not _FIXED.match(opens):
            yield Problem("opens", "button-address", {"value": opens[:80]})
        if opens and re.search(r"[\s{}<>\"]", MERGED.sub("", opens)):
            yield Problem("opens", "not-a-url", {"value": opens[:80]})


def merged_paths(field: FieldDefinition) -> list[str]:
    """The fields whose values stand in the address."""
    return [path.strip() for path in MERGED.findall(str(field.settings.get("opens", "")))]
