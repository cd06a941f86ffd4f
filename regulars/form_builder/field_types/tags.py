"""tags: any number of labels, free or from the owner's options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import (
    NOT_BLANK,
    PRINTABLE,
    BadValue,
    FieldType,
    Forms,
    Reading,
    Settings,
    clean_text,
)
from regulars.form_builder.field_types.choice import (
    OPTIONS_SETTING,
    by_label,
    check_options,
    one_option,
    options_of,
)
from regulars.platform.expressions.types import Kind, ValueType
from regulars.platform.problems import Problem

MAX_TAGS = 100


class TagsField(FieldType):
    """A set of tags in a side table; only those of ``options``, else free words up to 60 long."""

    name = "tags"
    icon = "tags"
    settings: ClassVar[Settings] = {"options": OPTIONS_SETTING, "free": {"type": "boolean"}}
    may_be_unique = False

    def value_type(self, field: FieldDefinition) -> ValueType:
        closed = () if self.is_free(field) else tuple(options_of(field))
        return ValueType(Kind.TAGS, options=closed)

    def is_free(self, field: FieldDefinition) -> bool:
        """Whether words outside the options are welcome."""
        return bool(field.settings.get("free", not field.settings.get("options")))

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return []

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        return {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return frozenset()
        if not isinstance(raw, (list, tuple, set, frozenset)):
            raise BadValue("not-a-list")
        return self._checked(field, (self._one(field, item) for item in raw))

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        for separator in ("，", "、", "；", ";", "|", "\n"):
            text = text.replace(separator, ",")
        words = [word.strip() for word in text.split(",") if word.strip()]
        if self.is_free(field):
            return self._checked(field, (self._one(field, self._known(field, w)) for w in words))
        return self._checked(field, (by_label(field, word) for word in words))

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return sorted(value or ())

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        item: dict[str, Any] = {"type": "string", "maxLength": 60, "pattern": PRINTABLE}
        item["allOf"] = [{"pattern": NOT_BLANK}]
        if not self.is_free(field):
            item = {"enum": list(options_of(field))}
        return {"type": ["array", "null"], "items": item, "maxItems": MAX_TAGS}

    def check(
        self, field: FieldDefinition, form: FormDefinition, forms: Forms
    ) -> Iterator[Problem]:
        yield from check_options(field)

    def _known(self, field: FieldDefinition, word: str) -> str:
        try:
            return by_label(field, word)
        except BadValue:
            return word

    def _one(self, field: FieldDefinition, item: Any) -> str:
        if not self.is_free(field):
            return one_option(field, item)
        text = clean_text(item)
        if text is None or len(text) > 60:
            raise BadValue("bad-tag", limit=60)
        return text

    def _checked(self, field: FieldDefinition, items: Iterable[str]) -> frozenset[str]:
        found = frozenset(items)
        if len(found) > MAX_TAGS:
            raise BadValue("too-many-tags", limit=MAX_TAGS)
        return found
