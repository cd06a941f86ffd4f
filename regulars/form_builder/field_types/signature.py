"""signature: a name written by hand, kept as a picture."""

from __future__ import annotations

from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, Settings
from regulars.form_builder.field_types.file import ONE_FILE, FileField


class SignatureField(FileField):
    """One picture of a signature; ``5`` at the API, the number of the file."""

    name = "signature"
    icon = "signature"
    settings: ClassVar[Settings] = {}

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if isinstance(raw, list):
            raise BadValue("not-files")
        one = raw if raw is None or isinstance(raw, str) else [raw]
        value = super().convert(field, one, reading)
        if value is not None and "," in value:
            raise BadValue("too-many-files", limit=1, n=value.count(",") + 1)
        return value

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else int(value)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"anyOf": [*ONE_FILE["anyOf"], {"type": "null"}]}

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["integer", "null"]}
