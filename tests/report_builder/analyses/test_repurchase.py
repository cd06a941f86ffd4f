from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from regulars.report_builder.analyses.repurchase import Repurchase
from regulars.report_builder.ranges import Range
from tests.report_builder.events import study_of

# 1 has a split receipt on one day, 2 comes on two days (UTC would see one), 3 once
VISITS = """
1 2026-01-05T10:00
1 2026-01-05T10:01
2 2026-01-06T23:30
2 2026-01-07T00:30
3 2026-01-08T10:00
"""


@pytest.mark.parametrize(
    ("settings", "row"),
    [
        ({}, (3, 1, Decimal("0.333333"))),
        ({"by": "days"}, (3, 1, Decimal("0.333333"))),
        ({"by": "orders"}, (3, 2, Decimal("0.666667"))),
    ],
)
def test_days_or_orders_are_counted(settings: dict[str, Any], row: tuple[object, ...]) -> None:
    result = Repurchase().run(study_of(VISITS, "2026-02-01T09:00", "repurchase", **settings))

    assert result.rows == (row,)


def test_only_the_chosen_range_counts() -> None:
    chosen = Range(date(2026, 1, 7), date(2026, 2, 1))

    result = Repurchase().run(study_of(VISITS, "2026-02-01T09:00", "repurchase", chosen))

    assert result.rows == ((2, 0, Decimal("0.000000")),)


def test_nobody_bought_so_there_is_no_rate() -> None:
    assert Repurchase().run(study_of("", "2026-02-01T09:00", "repurchase")).rows == ((0, 0, None),)
