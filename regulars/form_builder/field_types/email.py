"""email: one e-mail address."""

from __future__ import annotations

import re
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, TextLike

_ADDRESS = re.compile(r"[^@\s\"'<>,;:\\()\[\]]{1,64}@[^@\s\"'<>,;:\\()\[\]]+\.[^@\s.\"'<>,;]{2,}")
_WRITTEN = rf"^(?!.*\.\.){_ADDRESS.pattern}$"


class EmailField(TextLike):
    """An address; the part after @ is kept in lower case."""

    name = "email"
    icon = "mail"
    max_length = 254

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {**super().json_schema(field), "format": "email", "pattern": _WRITTEN}

    def refine(self, field: FieldDefinition, text: str) -> str:
        if not _ADDRESS.fullmatch(text) or ".." in text:
            raise BadValue("not-an-email", value=text)
        local, _at, domain = text.rpartition("@")
        return f"{local}@{domain.lower()}"
