"""barcode: what stands in a bar code or QR code, scanned or typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Settings, TextLike

DIGITS: Mapping[str, int] = {"ean_13": 13, "ean_8": 8, "upc_a": 12}
"""Symbology → how many digits it has, the last of them the check digit."""
SYMBOLOGIES = ("any", *DIGITS, "code_128", "qr_code")
LONGEST_BARS = 80


class BarcodeField(TextLike):
    """A code of ``symbology``; EAN and UPC are digits whose last one is worked out and compared.

    ``any`` (the default) and ``qr_code`` take up to 500 characters, ``code_128`` up to 80 of a
    plain keyboard.
    """

    name = "barcode"
    icon = "scan-barcode"
    settings: ClassVar[Settings] = {
        "symbology": {"enum": list(SYMBOLOGIES)},
        "case": {"enum": ["fold", "exact"]},
    }

    def refine(self, field: FieldDefinition, text: str) -> str:
        symbology = symbology_of(field)
        if symbology in DIGITS:
            return _number(symbology, text)
        if symbology == "code_128" and not is_code_128(text):
            raise BadValue("not-code-128", value=text[:40], limit=LONGEST_BARS)
        return text

    def json_schema(self, field: FieldDefinition) -> dict[str, Any]:
        symbology, text = symbology_of(field), super().json_schema(field)
        if symbology in DIGITS:
            return {**text, "pattern": f"^[0-9]{{{DIGITS[symbology]}}}$"}
        if symbology == "code_128":
            return {**text, "pattern": "^[ -~]*$", "maxLength": LONGEST_BARS}
        return text


def symbology_of(field: FieldDefinition) -> str:
    """Which codes a field takes."""
    return str(field.settings.get("symbology", "any"))


def check_digit(digits: str) -> str:
    """The last digit of an EAN or UPC whose other digits these are: weights 3, 1, 3 … from behind.

    GS1 General Specifications, section 7.9.
    """
    total = sum(int(d) * (3, 1)[n % 2] for n, d in enumerate(reversed(digits)))
    return str(-total % 10)


def is_checked(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    return digits[-1:] == check_digit(digits[:-1])


def is_code_128(text: str) -> bool:
    """Whether bars of Code 128 can be drawn that a scanner still reads."""
    return text.isascii() and text.isprintable() and len(text) <= LONGEST_BARS


def _number(symbology: str, text: str) -> str:
    """The bare digits; a UPC is an EAN whose first digit is 0."""
    digits = unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "")
    if symbology == "ean_13" and len(digits) == DIGITS["upc_a"]:
        digits = f"0{digits}"
    if symbology == "upc_a" and len(digits) == DIGITS["ean_13"]:
        digits = digits.removeprefix("0")
    wanted = DIGITS[symbology]
    if not (digits.isascii() and digits.isdigit() and len(digits) == wanted):
        raise BadValue("not-a-code", value=text[:40], n=wanted)
    if not is_checked(digits):
        raise BadValue("bad-check-digit", value=digits, expected=check_digit(digits[:-1]))
    return digits
