"""Exact numbers, texts without a locale, and closures for one record."""

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.platform.expressions import numbers, sqlite_functions, texts
from regulars.platform.expressions.check import check
from regulars.platform.expressions.evaluate import NO_RECORDS, Context, compile_python
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.types import TEXT, Moment

decimals = st.decimals(
    min_value=Decimal(-(10**12)), max_value=Decimal(10**12), places=4, allow_nan=False
)
LONDON = ZoneInfo("Europe/London")
MOMENT = Moment(datetime(2024, 3, 10, 12, tzinfo=UTC), LONDON)


def nearest(value: Fraction, scale: int) -> Fraction:
    """Rounded to ``scale`` places, halves away from zero: the definition, in fractions."""
    units = abs(value) * 10**scale
    whole = int(units)
    rounded = whole + (units - whole >= Fraction(1, 2))
    return Fraction(rounded if value >= 0 else -rounded, 10**scale)


@settings(deadline=None)
@given(left=decimals, right=decimals)
def test_arithmetic_is_exact_and_rounds_once(left: Decimal, right: Decimal) -> None:
    a, b = Fraction(left), Fraction(right)
    for found, exact, scale in (
        (numbers.add(left, right, 4), a + b, 4),
        (numbers.subtract(left, right, 4), a - b, 4),
        (numbers.multiply(left, right, 8), a * b, 8),
        (numbers.divide(left, right), a / b if b else None, 6),
    ):
        expected = None if exact is None else nearest(exact, scale)
        if expected is not None and abs(expected * 10**scale) > numbers.LIMIT:
            expected = None
        assert (None if found is None else Fraction(found)) == expected
        assert found is None or -found.as_tuple().exponent == scale  # type: ignore[operator]


@settings(deadline=None)
@given(left=decimals, right=decimals)
def test_a_remainder_has_the_sign_of_the_divisor(left: Decimal, right: Decimal) -> None:
    found = numbers.modulo(left, right, 4)
    if not right:
        assert found is None
        return
    assert found is not None
    assert (Fraction(left) - Fraction(found)) % Fraction(right) == 0
    assert abs(found) < abs(right)
    assert not found or (found > 0) is (right > 0)


@pytest.mark.parametrize(
    ("units", "scale", "fits"),
    [(2**63 - 1, 0, True), (-(2**63 - 1), 2, True), (2**63, 0, False), (-(2**63), 0, False)],
)
def test_numbers_keep_to_64_bits(units: int, scale: int, fits: bool) -> None:
    assert (numbers.unscaled(units, scale) is not None) is fits


def test_letters_change_one_by_one() -> None:
    upper, lower = texts.case_tables()
    assert all(len(letter) == 1 for table in (upper, lower) for letter in table.values())
    assert texts.upper("ıß") == "Iß"
    assert texts.lower("İΣ") == "İσ"


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_folding_by_tables_is_pythons_folding(text: str) -> None:
    single, several = texts.fold_tables()
    assert text.translate({**single, **several}) == text.casefold()


def test_sqlite_learns_its_functions() -> None:
    connection = sqlite3.connect(":memory:")
    sqlite_functions.install(connection)
    moment = Moment(MOMENT.now, LONDON)
    sign = sqlite_functions.signature("UPPER", [TEXT], TEXT, moment)
    one = connection.execute(
        "SELECT regulars_call(?, ?), regulars_fold(?)", (sign, "ab", "Straße")
    )
    assert one.fetchone() == ("AB", "strasse")
    connection.execute("CREATE TABLE t (v INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?)", [(2**62,), (2**62,), (None,)])
    total = "SELECT regulars_sum(v), regulars_join(sum(v >> 32), sum(v & 4294967295)) FROM t"
    assert connection.execute(total).fetchone() == (sqlite_functions.OVERFLOW,) * 2
    connection.execute("DELETE FROM t WHERE rowid = 1")
    assert connection.execute(total).fetchone() == (2**62, 2**62)
    connection.execute("DELETE FROM t")
    assert connection.execute(total).fetchone() == (None, None)
    connection.close()


def test_a_constant_is_computed_anew_for_every_moment(shop_shapes: Shapes) -> None:
    tree, _ = check(parse_formula("birthday = TODAY()"), shop_shapes, "customers")
    holds = compile_python(tree, shop_shapes)
    row = {"id": 1, "birthday": MOMENT.today}
    tomorrow = Moment(datetime(2024, 3, 11, 12, tzinfo=UTC), LONDON)
    seen = [holds(row, Context(moment)) for moment in (MOMENT, tomorrow, MOMENT)]
    assert seen == [True, False, True]


def test_random_codes_come_from_the_context(shop_shapes: Shapes) -> None:
    tree, _ = check(
        parse_formula('"C-" & RANDOM_CODE(6)'),
        shop_shapes,
        "customers",
        expect=TEXT,
        volatile=True,
    )
    made = compile_python(tree, shop_shapes)
    assert made({"id": 1}, Context(MOMENT, new_code=lambda n: "X" * n)) == "C-XXXXXX"
    with pytest.raises(ValueError, match="new_code"):
        made({"id": 1}, Context(MOMENT))


def test_without_records_nothing_is_found(shop_shapes: Shapes) -> None:
    text = 'COUNT(orders) = 0 AND NOT HAS_CONSENT("marketing", "sms") AND ISEMPTY(referrer.name)'
    tree, _ = check(parse_formula(text), shop_shapes, "customers")
    assert compile_python(tree, shop_shapes)({"id": 1, "referrer": 2}, Context(MOMENT, NO_RECORDS))
