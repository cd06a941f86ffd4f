from decimal import Decimal
from fractions import Fraction

import pytest

from regulars.report_builder.arithmetic import (
    exact_decimal,
    percentile,
    quintile_cuts,
    ratio,
    score,
    to_decimal,
)


@pytest.mark.parametrize(
    ("above", "below", "result"),
    [
        (1, 3, "0.333333"),
        (2, 3, "0.666667"),
        (Decimal("8911407.904"), 18532, "480.865956"),
        (0, 5, "0.000000"),
        (-1, 2000000, "-0.000001"),
        (10**20, 3, "33333333333333333333.333333"),
    ],
)
def test_ratios_have_six_decimals_and_round_halves_away(
    above: Decimal | int, below: int, result: str
) -> None:
    assert str(ratio(above, below)) == result


@pytest.mark.parametrize(("above", "below"), [(1, 0), (None, 3), (1, None), (0, 0)])
def test_over_nothing_there_is_no_ratio(above: int | None, below: int | None) -> None:
    assert ratio(above, below) is None


def test_percentiles_are_linear_between_neighbours() -> None:
    # numpy.percentile([1, 2, 4, 8], [20, 40, 60, 80]) = 1.6, 2.4, 3.6, 5.6
    cuts = quintile_cuts([8, 1, 4, 2])

    assert cuts == (Fraction(8, 5), Fraction(12, 5), Fraction(18, 5), Fraction(28, 5))
    assert percentile([3], Fraction(1, 5)) == 3
    assert percentile([1, 2], Fraction(1)) == 2


def test_a_value_on_a_cut_is_not_above_it() -> None:
    cuts = (Fraction(1), Fraction(1), Fraction(2), Fraction(3))

    assert [score(value, cuts) for value in (1, 2, 3, 4)] == [1, 3, 4, 5]


def test_fractions_become_decimals() -> None:
    assert to_decimal(Fraction(1, 3)) == Decimal("0.333333")
    assert exact_decimal(Fraction(250194, 1000)) == Decimal("250.194")
