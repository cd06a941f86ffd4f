"""JSON read strictly: bounded in depth, exact in its numbers, storable in its text. Pure.

Numbers with a point come as Decimal. Refused: ``NaN``, doubled keys, NUL and lone surrogates
(PostgreSQL stores neither), more than 64 levels, integers past 18 digits.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from regulars.platform.errors import RegularsError

MAX_DEPTH = 64
MAX_DIGITS = 18
_NO_BRACKET = re.compile(r'(?:"(?:[^"\\]++|\\.)*+"?|[^"\[\]{}]++)++', re.DOTALL)
"""What stands between two brackets: whole strings, also one that does not end, and the rest."""


class BadJson(RegularsError):
    """The text is not the JSON we take; ``code`` says why."""

    status, code = 400, "bad-json"


def parse_json(raw: bytes | str) -> Any:
    """Parse strictly; raises BadJson."""
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
    except UnicodeDecodeError:
        raise BadJson("json-not-utf8") from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise BadJson("bad-json", line=error.lineno, column=error.colno) from None
    _check_text(text, value)
    return value


def _check_depth(text: str) -> None:
    """Count brackets outside strings, because the parser itself would run out of stack."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _NO_BRACKET.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise BadJson("json-too-deep", limit=MAX_DEPTH)


def _check_text(text: str, value: Any) -> None:
    """Only texts with an escape or a raw control can hide what a store refuses."""
    if "\\u" not in text and "\x00" not in text:
        return
    for part in _strings(value):
        if "\x00" in part or any("\ud800" <= character <= "\udfff" for character in part):
            raise BadJson("json-bad-text")


def _strings(value: Any) -> list[str]:
    found: list[str] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _value in pairs]
        raise BadJson("json-doubled-key", key=next(n for n in names if names.count(n) > 1))
    return made


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadJson("json-number-too-long")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > 2 * MAX_DIGITS:
        raise BadJson("json-number-too-long")
    value = Decimal(digits)
    if abs(value.adjusted()) > MAX_DIGITS:
        raise BadJson("json-number-too-long")
    return value


def _constant(_name: str) -> NoReturn:
    raise BadJson("json-not-a-number")


def plain(value: Any) -> Any:
    """A JSON value of what the standard writer takes: numbers stay numbers.

    A number that no float holds exactly becomes the text of it, as does what JSON does not know.
    """
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal) and Decimal(str(float(value))) == value:
        return float(value)
    return str(value)
