"""rich_text: a text with headings, lists, emphasis and links."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import (
    PRINTABLE,
    BadValue,
    Reading,
    Settings,
    TextLike,
    clean_text,
)
from regulars.platform import columns, rich_text
from regulars.platform.rich_text import RichText

MOST_HTML = 100_000


class RichTextField(TextLike):
    """HTML of a few harmless marks at the API; inside, the text without marks beside it.

    Conditions and search read the text without marks. ``max_length`` counts its characters.
    """

    name = "rich_text"
    icon = "pilcrow"
    settings: ClassVar[Settings] = {
        "max_length": {"type": "integer", "minimum": 1, "maximum": 20000}
    }
    max_length = 20_000
    multiline = True
    may_be_unique = False
    companion = "__html"

    def columns(self, field: FieldDefinition) -> list[sa.Column[Any]]:
        return [*super().columns(field), sa.Column(f"{field.key}{self.companion}", columns.Text)]

    def stored(self, field: FieldDefinition, value: Any) -> dict[str, Any]:
        plain = None if value is None else str(value)
        return {
            **super().stored(field, plain),
            f"{field.key}{self.companion}": getattr(value, "html", None),
        }

    def together(self, value: Any, companion: Any) -> Any:
        return value if value is None or companion is None else RichText(value, companion)

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if isinstance(raw, RichText):
            return raw
        text = clean_text(raw, multiline=True)
        if text is None:
            return None
        if len(text) > MOST_HTML:
            raise BadValue("too-long", limit=MOST_HTML, n=len(text))
        made = rich_text.read(text)
        plain = super().convert(field, str(made), reading)
        return None if plain is None else RichText(plain, made.html)

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        return str(self.to_json(field, value))

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return getattr(value, "html", value)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {
            "type": ["string", "null"], "maxLength": MOST_HTML, "pattern": PRINTABLE,
            "contentMediaType": "text/html",
        }  # fmt: skip
