"""The examples of the reference page on expressions: read from it, and made into records."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from regulars.platform.expressions.numbers import scale_of
from regulars.platform.expressions.types import Kind, Moment, ValueType
from tests.support.expression_world import CUSTOMERS, ITEMS, ORDERS, Row, Shop

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"
HEADER = "| formula | record | gives |"
FIRST_CUSTOMER, FIRST_ORDER, FIRST_ITEM = 1001, 2001, 3001
_ROW = re.compile(r"\| `(.+?)` \| `(.+?)` \| (.+?) \|\Z")
_DAY = re.compile(r"^On (\d{4}-\d\d-\d\d) ")
_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Example:
    """One line of a table: under ``sentence``, ``written`` gives ``gives`` for ``record``."""

    sentence: str
    written: str
    record: Mapping[str, Any]
    gives: str

    @property
    def moment(self) -> Moment:
        """Noon in London on the day the sentence names."""
        named = _DAY.match(self.sentence)
        day = date.fromisoformat(named.group(1)) if named else date(2024, 3, 10)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=_LONDON)
        return Moment(noon.astimezone(UTC), _LONDON, 0, member_id=7, unit_ids=(1, 2))


def paragraphs() -> list[tuple[str, list[str]]]:
    """Every block of the page below the introduction: its section and its lines."""
    section, found = "", []
    for block in PAGE.read_text("utf-8").split("\n\n"):
        lines = block.strip().split("\n")
        if lines[0].startswith("## "):
            section = lines[0].removeprefix("## ")
        elif section:
            found.append((section, lines))
    return found


def examples() -> Iterator[Example]:
    """Every example of the page."""
    sentence = ""
    for _section, lines in paragraphs():
        if lines[0] != HEADER:
            sentence = " ".join(lines)
            continue
        for line in lines[2:]:
            matched = _ROW.match(line)
            assert matched, line
            written, record, gives = matched.groups()
            yield Example(sentence, written, json.loads(record), gives)


def shop_of(record: Mapping[str, Any]) -> Shop:
    """The one customer of an example, with everything that hangs on it."""
    customers = [_row(CUSTOMERS, record, FIRST_CUSTOMER)]
    if "referrer" in record:
        customers.append(_row(CUSTOMERS, record["referrer"], FIRST_CUSTOMER + 1))
        customers[0]["referrer"] = FIRST_CUSTOMER + 1
    orders: list[Row] = []
    items: list[Row] = []
    for position, each in enumerate(record.get("orders", ())):
        order = _row(ORDERS, each, FIRST_ORDER + position)
        orders.append({**order, "customer": FIRST_CUSTOMER})
        for item in each.get("items", ()):
            made = _row(ITEMS, item, FIRST_ITEM + len(items))
            items.append({**made, "parent": order["id"]})
    agreed = frozenset(
        ("customers", FIRST_CUSTOMER, *words.split()) for words in record.get("agreed", ())
    )
    return Shop({"customers": customers, "orders": orders, "orders.items": items}, agreed)


def _row(fields: Mapping[str, ValueType], given: Mapping[str, Any], record_id: int) -> Row:
    unknown = set(given) - {*fields, "orders", "items", "agreed"}
    assert not unknown, unknown
    row = {name: _plain(kind, given.get(name)) for name, kind in fields.items()}
    return {**row, "id": record_id}


def _plain(kind: ValueType, raw: Any) -> Any:
    if kind.kind is Kind.TAGS:
        return frozenset(raw or ())
    if raw is None or isinstance(raw, dict):
        return None
    if kind.kind is Kind.NUMBER:
        value = Decimal(raw)
        assert scale_of(value) <= kind.scale
        return value.quantize(Decimal(1).scaleb(-kind.scale))
    if kind.kind is Kind.DATE:
        return date.fromisoformat(raw)
    return datetime.fromisoformat(raw) if kind.kind is Kind.DATETIME else raw


def as_written(value: Any, kind: Kind) -> str:
    """A plain value as the page writes it."""
    if value is None:
        return "nothing"
    if kind is Kind.BOOLEAN:
        return "yes" if value else "no"
    if kind is Kind.NUMBER:
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else f'"{value}"'
