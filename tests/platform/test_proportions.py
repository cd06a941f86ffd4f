"""Intervals of shares and of their differences against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform.proportions import Share, uplift

# Newcombe (1998), Statistics in Medicine 17: table I, method 3, of "Two-sided confidence intervals
# for the single proportion", and table II, method 10, of "Interval estimation for the difference
# between independent proportions".
WILSON = [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]  # fmt: skip
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062), (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775), (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0), (10, 10, 0, 10, 0.6075, 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("hits", "n", "low", "high"), WILSON)
def test_the_interval_of_a_share_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    assert Share(hits, n).interval() == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), NEWCOMBE)
def test_the_interval_of_a_difference_is_newcombes(
    a: int, m: int, b: int, n: int, low: float, high: float
) -> None:
    found = uplift(Share(a, m), Share(b, n))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_an_empty_group_says_nothing() -> None:
    assert Share(0, 0).rate is None
    assert uplift(Share(1, 2), Share(0, 0)) is None


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_intervals_hold_what_was_seen(m: int, n: int, data: st.DataObject) -> None:
    one = Share(data.draw(st.integers(0, m)), m)
    other = Share(data.draw(st.integers(0, n)), n)
    found, back = uplift(one, other), uplift(other, one)
    assert found is not None
    assert back is not None
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
