"""long_text: several lines of text."""

from __future__ import annotations

from typing import ClassVar

from regulars.form_builder.field_types.base import Settings, TextLike


class LongTextField(TextLike):
    """Paragraphs, up to 20,000 characters."""

    name = "long_text"
    icon = "align-left"
    settings: ClassVar[Settings] = {
        "max_length": {"type": "integer", "minimum": 1, "maximum": 20000}
    }
    max_length = 20_000
    multiline = True
    may_be_unique = False
