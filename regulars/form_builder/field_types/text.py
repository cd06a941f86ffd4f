"""text: one line of text."""

from __future__ import annotations

from regulars.form_builder.field_types.base import TextLike


class TextField(TextLike):
    """One line; ``max_length`` up to 2000 characters."""

    name = "text"
    settings = {
        "max_length": {"type": "integer", "minimum": 1, "maximum": 2000},
        "case": {"enum": ["fold", "exact"]},
    }
