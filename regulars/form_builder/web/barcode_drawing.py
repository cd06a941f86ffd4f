"""Codes as drawings that a scanner reads: bars for numbers and short texts, else a QR code."""

from __future__ import annotations

from functools import lru_cache

import barcode
from markupsafe import Markup

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.barcode import (
    DIGITS,
    is_checked,
    is_code_128,
    symbology_of,
)
from regulars.form_builder.web.blueprints import forms
from regulars.platform.web.markup import bars, qr_code

_WRITERS = {"ean_13": "ean13", "ean_8": "ean8", "upc_a": "upca", "code_128": "code128"}
_SHORT = 24  # a longer text makes bars wider than a label


@forms.app_template_filter("code_drawing")
def code_drawing(text: str, field: FieldDefinition) -> Markup:
    """The code of ``text`` in the field's symbology, or in what suits it where any goes."""
    wanted = symbology_of(field)
    kind = fitting(text) if wanted == "any" else wanted
    if kind == "qr_code":
        return qr_code(text, text)
    return bars(modules(kind, text), text)


def fitting(text: str) -> str:
    """The symbology that a text is drawn in when its field takes any."""
    for name, length in DIGITS.items():
        if len(text) == length and text.isascii() and text.isdigit() and is_checked(text):
            return name
    return "code_128" if is_code_128(text) and len(text) <= _SHORT else "qr_code"


@lru_cache(maxsize=500)
def modules(symbology: str, text: str) -> str:
    """The bars (1) and gaps (0) of a text, one character a unit of width."""
    name = _WRITERS[symbology]
    # the writer works the check digit of numbers out by itself
    code = text[:-1] if symbology in DIGITS else text
    return str(barcode.get_barcode_class(name)(code).build()[0])
