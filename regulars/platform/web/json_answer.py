"""How values leave as JSON: decimals as strings, instants as ISO 8601 with offset."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask.json.provider import DefaultJSONProvider


class JsonAnswers(DefaultJSONProvider):
    """Keys in the order we wrote them, text as it is."""

    sort_keys = False
    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The text of a value; that of an answer by a writer that is made once."""
        return _WRITER.encode(obj) if kwargs == _OF_ANSWERS else super().dumps(obj, **kwargs)

    @staticmethod
    def default(value: Any) -> Any:
        """What the JSON writer cannot write by itself."""
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, (datetime, date)):
            return value.isoformat()
        if isinstance(value, (set, frozenset, tuple)):
            return list(value)
        raise TypeError(f"{type(value).__name__} has no JSON form.")


_OF_ANSWERS = {"separators": (",", ":")}
_WRITER = json.JSONEncoder(ensure_ascii=False, default=JsonAnswers.default, separators=(",", ":"))
