"""Values in a reader's filter, written the way the form keeps them. Pure.

A till asks for ``13800138000``; the form keeps ``+8613800138000``. Only whole values are
rewritten: whoever asks for a part (``contains``) means the signs as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, TextLike, field_types

_WHOLE = ("is", "is_not", "in", "not_in")
_MOST = 64  # levels; the condition itself is checked later


def canonical_filter(form: FormDefinition, raw: Any, depth: int = 0) -> Any:
    """The condition with telephone numbers and addresses in their stored writing."""
    if depth > _MOST:
        return raw
    if isinstance(raw, list):
        return [canonical_filter(form, each, depth + 1) for each in raw]
    if not isinstance(raw, Mapping):
        return raw
    field = form.find(raw["field"]) if isinstance(raw.get("field"), str) else None
    if field is not None and raw.get("op") in _WHOLE and "value" in raw:
        value = raw["value"]
        if isinstance(value, list):
            return {**raw, "value": [_canonical(field, each) for each in value]}
        return {**raw, "value": _canonical(field, value)}
    return {
        key: canonical_filter(form, each, depth + 1) if key in ("all", "any", "not") else each
        for key, each in raw.items()
    }


def _canonical(field: FieldDefinition, value: Any) -> Any:
    kind = field_types.find(field.type)
    if not isinstance(kind, TextLike) or not isinstance(value, str) or not value.strip():
        return value
    try:
        return kind.refine(field, value.strip())
    except BadValue:
        return value  # nobody has such a number; the filter finds nothing
