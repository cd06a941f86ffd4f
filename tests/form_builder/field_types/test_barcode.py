"""Codes: what is taken, what their check digit says, and the bars they are drawn as."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.barcode import BarcodeField, check_digit, is_checked
from regulars.form_builder.field_types.base import BadValue, Reading
from regulars.form_builder.web.barcode_drawing import fitting, modules

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))
EAN, UPC, BARS = {"symbology": "ean_13"}, {"symbology": "upc_a"}, {"symbology": "code_128"}


def read(settings: dict[str, Any], text: str) -> Any:
    return BarcodeField().parse_text(
        FieldDefinition("f", "barcode", settings=settings), text, READING
    )


@pytest.mark.parametrize(
    ("settings", "text", "value"),
    [
        (EAN, "6901234567892", "6901234567892"),
        (EAN, " 6 901234 567892 ", "6901234567892"),
        (EAN, "6-901234-567892", "6901234567892"),
        (EAN, "６９０１２３４５６７８９２", "6901234567892"),
        (EAN, "036000291452", "0036000291452"),
        (UPC, "0036000291452", "036000291452"),
        ({"symbology": "ean_8"}, "96385074", "96385074"),
        (BARS, "AB-12345 /7", "AB-12345 /7"),
        ({"symbology": "qr_code"}, "会员 8801", "会员 8801"),
        ({}, "6901234567890", "6901234567890"),  # any code: an own number need not be an EAN
        ({}, "  ", None),
    ],
)
def test_a_code_is_read_as_scanners_and_people_give_it(
    settings: dict[str, Any], text: str, value: str | None
) -> None:
    assert read(settings, text) == value


@pytest.mark.parametrize(
    ("settings", "text", "code"),
    [
        (EAN, "6901234567890", "bad-check-digit"),
        (EAN, "6901234567829", "bad-check-digit"),  # two digits changed places
        (EAN, "690123456789", "bad-check-digit"),
        (EAN, "69012345", "not-a-code"),
        (EAN, "690123456789X", "not-a-code"),
        (EAN, "²901234567892", "bad-check-digit"),
        (UPC, "6901234567892", "not-a-code"),
        (BARS, "会员", "not-code-128"),
        (BARS, "x" * 81, "not-code-128"),
        ({}, "x" * 501, "too-long"),
    ],
)
def test_what_is_no_such_code_is_refused(settings: dict[str, Any], text: str, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        read(settings, text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "number",
    # of the GS1 General Specifications and from goods on shelves
    ["4006381333931", "9780201379624", "5901234123457", "96385074", "73513537", "036000291452"],
)
def test_published_numbers_have_their_check_digit(number: str) -> None:
    assert is_checked(number)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(twelve: str, place: int, more: int) -> None:
    number = twelve + check_digit(twelve)
    wrong = str((int(number[place]) + more) % 10)
    assert is_checked(number)
    assert not is_checked(number[:place] + wrong + number[place + 1 :])


# of the GS1 General Specifications: number sets A and B, and which of them the left half uses
SET_A = [f"{int(n, 2):07b}" for n in (
    "1101", "11001", "10011", "111101", "100011", "110001", "101111", "111011", "110111", "1011",
)]  # fmt: skip
SET_B = [code.translate(str.maketrans("01", "10"))[::-1] for code in SET_A]
LEFT = (
    "AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA",
    "ABBABA",
)  # fmt: skip
OTHER = str.maketrans("01", "10")


def published(number: str) -> str:
    sets = {"A": SET_A, "B": SET_B}
    ways = LEFT[int(number[0])] if len(number) == 13 else "AAAA"
    body = number[1:] if len(number) == 13 else number
    half = len(ways)
    left = "".join(sets[way][int(d)] for way, d in zip(ways, body[:half], strict=True))
    right = "".join(SET_A[int(d)].translate(OTHER) for d in body[half:])
    return f"101{left}01010{right}101"


@given(st.sampled_from([12, 7]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_bars_of_goods_are_those_of_the_published_tables(body: str) -> None:
    number = body + check_digit(body)
    name = "ean_13" if len(number) == 13 else "ean_8"
    assert modules(name, number) == published(number)
    if name == "ean_13" and number[0] == "0":
        assert modules("upc_a", number[1:]) == published(number)


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("6901234567892", "ean_13"), ("96385074", "ean_8"), ("036000291452", "upc_a"),
        ("6901234567890", "code_128"), ("A-17", "code_128"), ("x" * 25, "qr_code"),
        ("会员", "qr_code"),
    ],
)  # fmt: skip
def test_any_code_is_drawn_in_what_suits_it(text: str, symbology: str) -> None:
    assert fitting(text) == symbology
