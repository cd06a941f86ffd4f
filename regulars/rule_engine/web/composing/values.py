"""Posted forms as the value a step writes into a field: fixed, taken from somewhere, reckoned.

A value that was chosen is stored as the formula it means, so that nobody has to write one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine.web.composing.reading import Posted, needed, number, words

CODE = "RANDOM_CODE({n})"
_CODE = re.compile(r"RANDOM_CODE\((\d+)\)\Z")
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")
_LATER = re.compile(r'DATEADD\((NOW|TODAY)\(\), (-?\d+), "(hour|day|week|month)"\)\Z')
_NOW = {"NOW()": "NOW", "TODAY()": "TODAY"}
_DAYS = ("date",)


def value_of(posted: Posted, field: FieldDefinition) -> Any:
    """The value of one field as the JSON of a step."""
    source = posted.get("source") or "fixed"
    if source == "path":
        return {"formula": needed(posted, "path")}
    if source == "later":
        return {
            "formula": later(number(posted, "later_n", 0) or 0, posted.get("later_unit"), field)
        }
    if source == "code":
        return {"formula": CODE.format(n=number(posted, "code_n", 8))}
    if source == "event":
        return {"event": needed(posted, "event")}
    if source == "formula":
        return {"formula": needed(posted, "formula")}
    return _fixed(posted, field)


def later(n: int, unit: str, field: FieldDefinition) -> str:
    """``DATEADD(TODAY(), 14, "day")``: so much later than now, or now itself."""
    start = "TODAY()" if field.type in _DAYS else "NOW()"
    return start if n == 0 else f'DATEADD({start}, {n}, "{unit or "day"}")'


def _fixed(posted: Posted, field: FieldDefinition) -> Any:
    if field.type == "boolean":
        return posted.get("value") == "yes"
    if field.has_side:
        return [word for text in posted.getlist("value") for word in words(text)]
    text = needed(posted, "value")
    if field.type in ("link", "unit", "member"):
        if not text.isdecimal():
            raise Invalid([Problem("value", "not-a-link")])
        return int(text)
    return text


def source_of(value: Any) -> str:
    """Which way of choosing a stored value came from."""
    if isinstance(value, Mapping) and "event" in value:
        return "event"
    if not isinstance(value, Mapping) or "formula" not in value:
        return "fixed"
    formula = str(value["formula"])
    if _CODE.match(formula):
        return "code"
    if formula in _NOW or _LATER.match(formula):
        return "later"
    return "path" if _PATH.match(formula) else "formula"


def later_parts(value: Any) -> tuple[int, str]:
    """How much later a value is than now: (14, "day")."""
    found = _LATER.match(str(value["formula"])) if isinstance(value, Mapping) else None
    return (int(found[2]), found[3]) if found else (0, "day")


def code_length(value: Any) -> int:
    """How long a code is."""
    found = _CODE.match(str(value["formula"])) if isinstance(value, Mapping) else None
    return int(found[1]) if found else 8
