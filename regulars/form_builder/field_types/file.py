"""file and image: what people attach to a record; the bytes lie in the blob store."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, Settings, TextLike

FILE_TYPES = ("file", "image", "signature")
PICTURE_TYPES = ("image", "signature")
MOST_FILES = 20
_LONGEST_ID = 18
_ID: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10**_LONGEST_ID - 1}
ONE_FILE: Mapping[str, Any] = {
    "anyOf": [_ID, {"type": "object", "properties": {"id": _ID}, "required": ["id"]}]
}
"""A file at the API: its number, or what names it by its number."""


class FileField(TextLike):
    """Up to ``most`` files; the value is their ids, ``5,7`` inside and ``[5, 7]`` at the API."""

    name = "file"
    icon = "paperclip"
    settings: ClassVar[Settings] = {
        "most": {"type": "integer", "minimum": 1, "maximum": MOST_FILES}
    }
    may_be_unique = False
    max_length = MOST_FILES * (_LONGEST_ID + 1)

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        if raw is None or raw == "":
            return None
        items = raw.split(",") if isinstance(raw, str) else raw
        if not isinstance(items, (list, tuple)):
            raise BadValue("not-files")
        ids = [_one_id(item) for item in items]
        limit = most_of(field)
        if len(ids) > limit:
            raise BadValue("too-many-files", limit=limit, n=len(ids))
        return ",".join(map(str, dict.fromkeys(ids))) or None

    def parse_text(self, field: FieldDefinition, text: str, reading: Reading) -> Any:
        """Numbers of files handed in before; a spreadsheet cannot bring the files themselves."""
        if not text.replace(",", "").strip().isdecimal() and text.strip():
            raise BadValue("files-not-by-text")
        return self.convert(field, text.strip(), reading)

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else list(ids_of(value))

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["array", "null"], "items": dict(ONE_FILE), "maxItems": most_of(field)}

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        """The JSON Schema of the value as it is read."""
        return {"type": ["array", "null"], "items": dict(_ID)}


class ImageField(FileField):
    """As file, but only pictures; lists and pages show them small."""

    name = "image"
    icon = "image"


def most_of(field: FieldDefinition) -> int:
    """How many files a field holds at most."""
    return int(field.settings.get("most", MOST_FILES))


def ids_of(value: str | None) -> tuple[int, ...]:
    """The ids in a stored value."""
    return tuple(int(each) for each in (value or "").split(",") if each)


def _one_id(item: Any) -> int:
    if isinstance(item, Mapping):
        item = item.get("id")
    if isinstance(item, Decimal) and item == item.to_integral_value():
        item = int(item)  # JSON says 5.0 for what is 5
    if isinstance(item, str) and item.strip().isdecimal() and len(item.strip()) <= _LONGEST_ID:
        item = int(item)
    if isinstance(item, bool) or not isinstance(item, int) or not 0 < item < 10**_LONGEST_ID:
        raise BadValue("not-files")
    return item
