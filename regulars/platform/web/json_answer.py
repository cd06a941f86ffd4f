"""How values leave as JSON: decimals as strings, instants as ISO 8601 with offset."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask.json.provider import DefaultJSONProvider


class JsonAnswers(DefaultJSONProvider):
    """Keys in the order we wrote them, text as it is."""

    sort_keys = False
    ensure_ascii = False

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
