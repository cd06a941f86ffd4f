"""Where a list goes on: the sort values and id of the last record shown, as an opaque text."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def encode(values: Sequence[Any]) -> str:
    """The cursor that stands for these sort values (the id last)."""
    tagged = [_tagged(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(tagged).encode()).decode().rstrip("=")


def decode(text: str, size: int) -> list[Any]:
    """The sort values of a cursor made for the same sort; Invalid for anything else."""
    try:
        padded = text + "=" * (-len(text) % 4)
        tagged = json.loads(base64.urlsafe_b64decode(padded.encode()))
        values = [_READERS[tag](raw) for tag, raw in tagged]
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise Invalid([Problem("cursor", "bad-cursor")]) from None
    if len(values) != size:
        raise Invalid([Problem("cursor", "bad-cursor")])
    return values


def _tagged(value: Any) -> list[Any]:
    if value is None:
        return ["n", None]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["m", str(value)]
    return ["i", value] if isinstance(value, int) else ["s", str(value)]


_READERS: dict[str, Any] = {
    "n": lambda raw: None,
    "b": bool,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "m": Decimal,
    "i": int,
    "s": str,
}
