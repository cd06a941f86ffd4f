"""Values whose field nobody writes (formulas, rollups, system values) as JSON, and back. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.platform.expressions.types import Kind

_AS_IT_IS = frozenset({str, int, bool})


def plain_json(value: Any) -> Any:
    """Decimals as texts, instants in UTC with Z, sets as sorted lists; all else as it is."""
    if value is None or type(value) in _AS_IT_IS:
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        moved = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moved.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def plain_value(kind: Kind, raw: Any) -> Any:
    """What `plain_json` wrote of a value of this kind; ValueError for anything else."""
    if raw is None or kind not in _READ:
        return raw
    wanted, read = _READ[kind]
    if not isinstance(raw, wanted):
        raise ValueError(raw)
    try:
        return read(raw)
    except InvalidOperation as bad:
        raise ValueError(raw) from bad


_READ: dict[Kind, tuple[type, Any]] = {
    Kind.NUMBER: (str, Decimal),
    Kind.DATE: (str, date.fromisoformat),
    Kind.DATETIME: (str, datetime.fromisoformat),
    Kind.BOOLEAN: (bool, bool),
    Kind.TEXT: (str, str),
}
