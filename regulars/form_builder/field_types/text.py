"""text: one line of text."""

from __future__ import annotations

from typing import ClassVar

from regulars.form_builder.field_types.base import Settings, TextLike


class TextField(TextLike):
    """One line; ``max_length`` up to 2000 characters."""

    name = "text"
    settings: ClassVar[Settings] = {
        "max_length": {"type": "integer", "minimum": 1, "maximum": 2000},
        "case": {"enum": ["fold", "exact"]},
    }
