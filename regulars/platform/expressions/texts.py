"""Text functions whose results do not depend on a locale, a collation or a database.

Upper and lower case change letter by letter (ß stays ß); folding, for comparison, is Python's
`str.casefold`. Texts a formula makes are cut at `MAX_TEXT_RESULT` characters.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from regulars.platform.expressions import numbers

MAX_TEXT_RESULT = 20_000
SPACES = " \t\r\n\u00a0\u3000"
NUMBER_TEXT = r"^[+-]?[0-9]{1,12}([.][0-9]{1,6})?$"
_NUMBER = re.compile(NUMBER_TEXT.replace("$", r"\Z"))
VALUE_SCALE = 6
DATE_TOKENS = ("YYYY", "MM", "DD", "HH", "mm")


@cache
def case_tables() -> tuple[dict[int, str], dict[int, str]]:
    """Letter by letter: to upper case, to lower case."""
    upper, lower = {}, {}
    for code in _letters():
        letter = chr(code)
        if len(letter.upper()) == 1 and letter.upper() != letter:
            upper[code] = letter.upper()
        if len(letter.lower()) == 1 and letter.lower() != letter:
            lower[code] = letter.lower()
    return upper, lower


@cache
def fold_tables() -> tuple[dict[int, str], dict[int, str]]:
    """What folding changes: letters that become one letter, and those that become several."""
    single: dict[int, str] = {}
    several: dict[int, str] = {}
    for code in _letters():
        folded = chr(code).casefold()
        if folded != chr(code):
            (single if len(folded) == 1 else several)[code] = folded
    return single, several


def _letters() -> Iterable[int]:
    return (code for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)


def join(parts: Iterable[str | None]) -> str | None:
    """The parts one after the other; missing ones add nothing."""
    return "".join(part for part in parts if part)[:MAX_TEXT_RESULT] or None


def left(text: str, n: Decimal) -> str | None:
    """The first ``n`` characters."""
    return text[: _count(n)] or None


def right(text: str, n: Decimal) -> str | None:
    """The last ``n`` characters."""
    count = _count(n)
    return text[-count:] if count else None


def middle(text: str, start: Decimal, n: Decimal) -> str | None:
    """``n`` characters from the ``start``-th on, counted from 1."""
    if start < 1:
        return None
    first = _count(start) - 1
    return text[first : first + _count(n)] or None


def _count(n: Decimal) -> int:
    return int(min(max(n, Decimal(0)), Decimal(MAX_TEXT_RESULT + 1)))


def upper(text: str) -> str:
    """Every letter that has one upper-case letter, as that."""
    return text.translate(case_tables()[0])


def lower(text: str) -> str:
    """Every letter that has one lower-case letter, as that."""
    return text.translate(case_tables()[1])


def trim(text: str) -> str | None:
    """Without spaces (also full-width ones), tabs and line ends around it."""
    return text.strip(SPACES) or None


def replace(text: str | None, old: str | None, new: str | None) -> str | None:
    """Every ``old`` in ``text`` by ``new``; a missing ``new`` takes ``old`` out."""
    if not text or not old:
        return text
    most = MAX_TEXT_RESULT // max(1, len(new or "")) + 1  # enough to fill what is kept
    return text.replace(old, new or "", most if new else -1)[:MAX_TEXT_RESULT] or None


def value(text: str) -> Decimal | None:
    """The number a text shows (12, -3.50); missing when it shows none."""
    bare = text.strip(SPACES)
    if not _NUMBER.match(bare):
        return None
    return numbers.fit(Decimal(bare), VALUE_SCALE)


def number_text(value: Decimal, places: int) -> str:
    """The number with exactly ``places`` decimals."""
    shown = f"{value:.{places}f}"
    return shown[1:] if not value and shown.startswith("-") else shown


def date_text(value: date | datetime, pattern: str) -> str:
    """The date in a pattern of YYYY, MM, DD, HH and mm."""
    parts = {"YYYY": f"{value.year:04}", "MM": f"{value.month:02}", "DD": f"{value.day:02}"}
    if isinstance(value, datetime):
        parts |= {"HH": f"{value.hour:02}", "mm": f"{value.minute:02}"}
    return "".join(parts.get(piece, piece) for piece in pattern_pieces(pattern))


def pattern_pieces(pattern: str) -> list[str]:
    """A date pattern cut into its tokens and what stands between them."""
    return [piece for piece in re.split(f"({'|'.join(DATE_TOKENS)})", pattern) if piece]
