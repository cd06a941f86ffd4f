"""url: a web address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, TextLike


class UrlField(TextLike):
    """An http or https address; nothing else may be clicked."""

    name = "url"
    icon = "link"
    max_length = 2000

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {**super().json_schema(field), "format": "uri"}

    def refine(self, field: FieldDefinition, text: str) -> str:
        try:
            parts = urlsplit(text)
        except ValueError:
            raise BadValue("not-a-url", value=text) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadValue("not-a-url", value=text)
        return text
