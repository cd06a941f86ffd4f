"""json: data of another program, kept as it came."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, Settings, TextLike
from regulars.platform.strict_json import BadJson, parse_json

MAX_LEVELS = 16


class JsonField(TextLike):
    """One JSON object or list, up to 20,000 characters and 16 levels deep.

    Inside it is its text without spaces; conditions and search read that text.
    """

    name = "json"
    icon = "braces"
    settings: ClassVar[Settings] = {
        "max_length": {"type": "integer", "minimum": 2, "maximum": 100_000}
    }
    max_length = 20_000
    may_be_unique = False

    def convert(self, field: FieldDefinition, raw: Any, reading: Reading) -> Any:
        value = _parsed(raw) if isinstance(raw, str) else raw
        if value is None:
            return None
        if not isinstance(value, (dict, list)):
            raise BadValue("json-not-data")
        text = written(_checked(value))
        limit = int(field.settings.get("max_length", self.max_length))
        if len(text) > limit:
            raise BadValue("too-long", limit=limit, n=len(text))
        return text

    def to_text(self, field: FieldDefinition, value: Any) -> str:
        return pretty(value)

    def to_json(self, field: FieldDefinition, value: Any) -> Any:
        return None if value is None else json.loads(value)

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        return {"type": ["object", "array", "null"]}

    def json_schema_read(self, field: FieldDefinition) -> dict[str, Any]:
        return self.json_schema(field)


def written(value: Any) -> str:
    """The text of JSON data without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(text: str) -> str:
    """The same data over several lines."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def _parsed(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return parse_json(text)
    except BadJson as bad:
        raise BadValue(bad.code, **bad.params) from None


def _checked(value: Any, level: int = 1) -> Any:
    """The data with its numbers as JSON writes them; BadValue for what it cannot hold."""
    if isinstance(value, (dict, list)) and level > MAX_LEVELS:
        raise BadValue("json-too-deep", limit=MAX_LEVELS)
    if isinstance(value, Mapping):
        return {_text(key): _checked(each, level + 1) for key, each in value.items()}
    if isinstance(value, list):
        return [_checked(each, level + 1) for each in value]
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and _fits(int(value)) else value
    if value is None or isinstance(value, bool) or (isinstance(value, int) and _fits(value)):
        return value
    raise BadValue("json-number-too-long" if isinstance(value, int) else "json-not-data")


def _fits(value: int) -> bool:
    return abs(value) < 10**18


def _number(value: Decimal) -> int | float:
    """A number that reads the same when it is written again."""
    if value == value.to_integral_value() and _fits(int(value)):
        return int(value)
    near = float(value)
    if Decimal(repr(near)) != value:
        raise BadValue("json-number-too-long")
    return near


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("json-not-data")
    if "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise BadValue("json-bad-text")
    return value
