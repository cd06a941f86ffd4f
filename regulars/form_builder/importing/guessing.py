"""What a column seems to hold, judged by its first cells and its name. Pure.

A guess only chooses what the page shows first; every cell is still read by the field it goes to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.form_builder.importing.figures import is_number, unguard
from regulars.form_builder.importing.moments import ORDERS, read_ordered

SAMPLE_LINES = 2000
SHOWN = 4

_YES_NO = frozenset(["true", "false", "yes", "no", "y", "n", "是", "否", "有", "无", "√", "×"])
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s().\-]{7,20}")
_DATE_NAME = re.compile(r"date|time|day|born|birth|日期|时间|時間|生日|日", re.IGNORECASE)
_PHONE_NAME = re.compile(r"phone|mobile|tel|手机|手機|电话|電話", re.IGNORECASE)


@dataclass(frozen=True)
class Guess:
    """What one column holds.

    ``kind`` is number, boolean, date, datetime, email, phone, text, long_text or empty; ``way``
    says how a date or a number is written (see `moments` and ``,`` for a decimal comma);
    ``unsure`` is set when day and month could be either way round.
    """

    column: str
    kind: str
    samples: tuple[str, ...] = ()
    way: str = ""
    unsure: bool = False
    filled: int = 0

    def as_json(self) -> dict[str, Any]:
        """What is stored with the file and shown by the API."""
        return {
            "column": self.column, "kind": self.kind, "samples": list(self.samples),
            "way": self.way, "unsure": self.unsure, "filled": self.filled,
        }  # fmt: skip


def guess_columns(
    columns: Sequence[str], lines: Iterable[Sequence[str]], *, day_first: bool = True
) -> list[Guess]:
    """A guess per column from some lines; ``day_first`` decides where nothing else does."""
    cells: list[dict[str, None]] = [{} for _ in columns]
    filled = [0] * len(columns)
    for line in lines:
        for position, cell in enumerate(line[: len(columns)]):
            text = unguard(cell.strip())
            if text:
                filled[position] += 1
                cells[position][text] = None
    return [
        _guess(name, list(found), count, day_first=day_first)
        for name, found, count in zip(columns, cells, filled, strict=True)
    ]


def _guess(column: str, cells: list[str], filled: int, *, day_first: bool) -> Guess:
    samples = tuple(cell[:80] for cell in cells[:SHOWN])
    kind, way, unsure = _kind(column, cells, day_first=day_first)
    return Guess(column, kind, samples, way, unsure, filled)


def _kind(column: str, cells: list[str], *, day_first: bool) -> tuple[str, str, bool]:
    if not cells:
        return "empty", "", False
    if all(cell.casefold() in _YES_NO for cell in cells):
        return "boolean", "", False
    dated = _dates(column, cells, day_first=day_first)
    if dated:
        return dated
    if all(_EMAIL.fullmatch(cell) for cell in cells):
        return "email", "", False
    if _PHONE_NAME.search(column) and all(_PHONE.fullmatch(cell) for cell in cells):
        return "phone", "", False
    number = _number_way(cells)
    if number:
        return "number", number, False
    longest = max(map(len, cells))
    return ("long_text" if longest > 200 or any("\n" in c for c in cells) else "text"), "", False


def _number_way(cells: list[str]) -> str:
    """``.`` or ``,`` as the decimals are set off; "" when they are codes or words."""
    if any(re.match(r"0\d", cell) for cell in cells):
        return ""  # leading zeros are a code
    for decimal in (".", ","):
        if all(is_number(cell, decimal) for cell in cells):
            return decimal
    return ""


def _dates(column: str, cells: list[str], *, day_first: bool) -> tuple[str, str, bool] | None:
    named = bool(_DATE_NAME.search(column))
    if all(cell.replace(".", "", 1).isdigit() for cell in cells):
        return _numbered(cells) if named else None
    preferred = ("ymd", "dmy", "mdy") if day_first else ("ymd", "mdy", "dmy")
    fitting = [order for order in preferred if _fits(cells, order)]
    if not fitting:
        return None
    way = fitting[0]
    unsure = len(fitting) > 1 and any(
        read_ordered(cell, fitting[0]) != read_ordered(cell, fitting[1]) for cell in cells
    )
    timed = any(isinstance(read_ordered(cell, way), datetime) for cell in cells)
    return ("datetime" if timed else "date"), way, unsure


def _numbered(cells: list[str]) -> tuple[str, str, bool] | None:
    numbers = [float(cell) for cell in cells]
    if all(cell.isdigit() and len(cell) in (8, 12, 14) and _fits([cell], "ymd") for cell in cells):
        return ("date" if len(cells[0]) == 8 else "datetime"), "ymd", False
    if all(10_000 <= number <= 80_000 for number in numbers):
        whole = all(number == int(number) for number in numbers)
        return ("date" if whole else "datetime"), "excel", False
    if all(10**8 <= number < 10**11 for number in numbers):
        return "datetime", "epoch", False
    if all(10**11 <= number < 10**14 for number in numbers):
        return "datetime", "epoch_ms", False
    return None


def _fits(cells: list[str], order: str) -> bool:
    assert order in ORDERS
    try:
        for cell in cells:
            read_ordered(cell, order)
    except ValueError:
        return False
    return True
