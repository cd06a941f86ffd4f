"""Means with their intervals, against values worked out by hand."""

from decimal import Decimal

from regulars.platform.spreads import Spread, gain


def spread(*amounts: int) -> Spread:
    return Spread.of(Decimal(each) for each in amounts)


def test_people_worth_nought_count_without_being_listed() -> None:
    found = spread(100, 50)
    assert (found.total, found.squares) == (Decimal(150), Decimal(12500))
    assert found.mean(5) == 30
    assert found.variance(5) == 2000  # (12500 - 150²/5) / 4


def test_the_interval_is_welchs() -> None:
    """Five people with 100 and 50 against four with 40: 30 - 10 = 20; the squared error is
    2000/5 + 400/4 = 500, its root 22.3607, times 1.959964 is 43.8262."""
    found = gain(spread(100, 50), 5, spread(40), 4)
    assert found is not None
    assert (found.each, found.whole) == (Decimal(20), Decimal(100))
    assert [round(edge, 3) for edge in (found.low, found.high)] == [
        Decimal("-23.826"), Decimal("63.826"),
    ]  # fmt: skip
    assert not found.is_certain


def test_a_group_of_one_says_nothing() -> None:
    assert gain(spread(100), 1, spread(), 9) is None
    same = gain(spread(), 9, spread(), 9)
    assert same is not None
    assert (same.each, same.low, same.high) == (0, 0, 0)
