"""A value of the same kind that nobody has: what a known number is replaced by in a rehearsal."""

from __future__ import annotations

import secrets
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.platform.ids import new_code

_MOST = 8


def stand_in(field: FieldDefinition, value: Any) -> Any:
    """Another value of this field, as long as the one that was given where that can be."""
    if field.type == "phone":
        return f"+8619{secrets.randbelow(10**9):09d}"
    if field.type == "email":
        return f"{new_code(12).lower()}@example.com"
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdigit():
        return "".join(str(secrets.randbelow(10)) for _ in value)
    return new_code(max(_MOST, len(value)))[: max(len(value), 1)]
