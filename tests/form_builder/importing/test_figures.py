"""Numbers in the ways tills write them; the apostrophe against formulas (S10)."""

import pytest

from regulars.form_builder.importing.figures import (
    absolute,
    guard,
    is_number,
    negated,
    unguard,
    with_point,
)

DANGEROUS = [
    "=1+1",
    "+8613800138000",
    "-2+3",
    "-cmd",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "'=1",
    "''=1",
]
HARMLESS = ["", "plain", "-2", "-2.50", "12", "O'Neil", "'quoted'", "a=b", "王芳"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert guard(text) == f"'{text}"
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert guard(text) == text
    assert unguard(text) == text


@pytest.mark.parametrize(
    ("text", "decimal", "answer"),
    [
        ("12", ".", True),
        ("-1,234.50", ".", True),
        ("(12)", ".", True),
        ("￥1,234.5", ".", True),
        (".5", ".", True),
        ("１２", ".", True),
        ("1.234,56", ",", True),
        ("1.234,56", ".", False),
        ("12a", ".", False),
        ("", ".", False),
        ("1,2,3", ".", False),
    ],
)
def test_numbers_are_told_from_words(text: str, decimal: str, answer: bool) -> None:
    assert is_number(text, decimal) is answer


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1.234,56", "1234.56"), ("€ 12,5", "12.5"), ("-1.234,5", "-1234.5"), ("abc", "abc")],
)
def test_a_decimal_comma_becomes_a_point(text: str, plain: str) -> None:
    assert with_point(text) == plain


def test_signs_are_turned_and_dropped() -> None:
    assert [negated(each) for each in ("-6", "6", "+6", "(5)")] == ["6", "-6", "-6", "5"]
    assert [absolute(each) for each in ("-6", "6", "(5)")] == ["6", "6", "5"]
