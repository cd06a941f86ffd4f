"""Numbers as tills write them, and the apostrophe that guards against formulas. Pure."""

from __future__ import annotations

import re
import unicodedata

_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SIGNS = "¥￥$£€"
EXCEL_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
_ERROR = "|".join(map(re.escape, sorted(EXCEL_ERRORS)))
_FORMULA = re.compile(rf"['’]*(?:[=+\-@\t\r\n＝＋－＠]|(?:{_ERROR})\Z)")


def guard(text: str) -> str:
    """The text as a CSV cell that no spreadsheet takes for a formula or an error of its own.

    Plain numbers stay as they are.
    """
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def unguard(text: str) -> str:
    """The text that `guard` was given."""
    if text.startswith("'") and _FORMULA.match(text, 1):
        return text[1:]
    return text


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a cell reads as a number, with currency sign and thousands separators or without."""
    return _NUMBER[decimal].fullmatch(_bare(text)) is not None


def with_point(text: str) -> str:
    """``1.234,56`` as ``1234.56``; anything that is not such a number stays as it is."""
    bare = _bare(text)
    if _NUMBER[","].fullmatch(bare) is None:
        return text
    return bare.replace(".", "").replace("'", "").replace(",", ".")


def negated(text: str) -> str:
    """The number with the other sign; ``(5)`` is minus five."""
    bare = _bare(text)
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1]
    if bare.startswith("-"):
        return bare[1:]
    return f"-{bare.removeprefix('+')}"


def absolute(text: str) -> str:
    """The number without its sign."""
    return _bare(text).strip("()").lstrip("+-")


def _bare(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip(_SIGNS + "元 \u00a0\u202f")
    sign = text[:1] if text[:1] in "+-−" else ""
    rest = text.removeprefix(sign).strip(_SIGNS + " ") if sign else text
    minus = "-" if sign and sign in "-−" else ""
    return minus + rest.replace("\u00a0", "").replace("\u202f", "")


_NUMBER = {
    ".": re.compile(r"\(?[+-]?(?:\d{1,3}(?:[, ']\d{3})+|\d+)(?:\.\d+)?\)?|[+-]?\.\d+"),
    ",": re.compile(r"\(?[+-]?(?:\d{1,3}(?:[. ']\d{3})+|\d+)(?:,\d+)?\)?"),
}
