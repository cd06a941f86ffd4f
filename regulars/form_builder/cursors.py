"""Where a list goes on: the sort values and id of the last record shown, as an opaque text.

A cursor belongs to one form and order; whoever makes one up gets a refusal, never a wrong query.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem

LONGEST = 20_000
_MOST_DIGITS = 40
_TAGS: Mapping[Kind, str] = {
    Kind.NUMBER: "mi", Kind.LINK: "i", Kind.BOOLEAN: "b", Kind.DATE: "d", Kind.DATETIME: "t",
}  # fmt: skip


def encode(values: Sequence[Any], order: str) -> str:
    """The cursor that stands for these sort values (the id last) in ``order``."""
    tagged = [_mark(order), *(_tagged(value) for value in values)]
    return base64.urlsafe_b64encode(json.dumps(tagged).encode()).decode().rstrip("=")


def decode(text: str, kinds: Sequence[Kind], order: str) -> list[Any]:
    """The sort values of a cursor made for the same order; Invalid for anything else.

    ``kinds`` are those of the sort keys; the id, which is never missing, comes after them.
    """
    try:
        if len(text) > LONGEST:
            raise ValueError
        padded = text + "=" * (-len(text) % 4)
        mark, *tagged = json.loads(base64.urlsafe_b64decode(padded.encode()))
        if mark != _mark(order) or len(tagged) != len(kinds) + 1:
            raise ValueError
        values = [_value(kind, *each) for kind, each in zip(kinds, tagged, strict=False)]
        return [*values, _id(*tagged[-1])]
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        raise Invalid([Problem("cursor", "bad-cursor")]) from None


def _mark(order: str) -> str:
    return hashlib.sha256(order.encode()).hexdigest()[:8]


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


def _value(kind: Kind, tag: str, raw: Any) -> Any:
    if tag == "n" and raw is None:
        return None
    if tag not in _TAGS.get(kind, "s") or len(tag) != 1:
        raise ValueError
    return _READERS[tag](raw)


def _id(tag: str, raw: Any) -> int:
    if tag != "i":
        raise ValueError
    return _whole(raw)


def _whole(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not -(2**63) <= raw < 2**63:
        raise ValueError
    return raw


def _number(raw: Any) -> Decimal:
    value = Decimal(raw) if isinstance(raw, str) and len(raw) <= _MOST_DIGITS else Decimal("NaN")
    if not math.isfinite(value) or abs(value.adjusted()) > _MOST_DIGITS // 2:
        raise ValueError
    return value


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise ValueError
    return raw


def _instant(raw: Any) -> datetime:
    value = datetime.fromisoformat(raw)
    if value.tzinfo is None:
        raise ValueError
    return value


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or "\x00" in raw or any("\ud800" <= c <= "\udfff" for c in raw):
        raise ValueError
    return raw


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "b": _flag, "t": _instant, "d": date.fromisoformat, "m": _number, "i": _whole, "s": _text,
}  # fmt: skip
