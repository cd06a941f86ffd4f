"""Reading what providers tell us: rows of JSON in shapes that nobody promises. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from regulars.rule_engine.channels.base import Answered, Inbound, Receipt, Refused

MOST_ROWS = 500
MOST_DETAIL = 200


def told_rows(inbound: Inbound) -> list[Mapping[str, Any]]:
    """The rows of a JSON body: an array of objects, or one. Raises Refused."""
    try:
        found = json.loads(inbound.body)
    except (ValueError, RecursionError) as error:
        raise Refused("This is no JSON.") from error
    rows = found if isinstance(found, list) else [found]
    if len(rows) > MOST_ROWS or not all(isinstance(row, dict) for row in rows):
        raise Refused("This is no list of receipts.")
    return rows


def receipt(
    row: Mapping[str, Any], id_name: str, key_name: str, *, delivered: bool, detail: str
) -> Receipt:
    """One row as a receipt."""
    return Receipt(
        plain(row.get(id_name)),
        plain(row.get(key_name)),
        delivered,
        " ".join(detail.split())[:MOST_DETAIL],
    )


def text_answer(row: Mapping[str, Any], address: str, text: str, key: str) -> Answered:
    """One row as what somebody wrote back."""
    return Answered(plain(row.get(address)) or "", plain(row.get(text)) or "", plain(row.get(key)))


def plain(value: Any) -> str | None:
    """A text or a number as text; anything else is nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)[:2000] or None
