"""Arithmetic on scaled integers gives what arithmetic on decimals gives."""

import itertools
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from regulars.platform.expressions import numbers, sqlite_functions
from regulars.platform.expressions.functions import ARITHMETIC, arithmetic_scale
from regulars.platform.expressions.types import Moment, number
from regulars.platform.expressions.zones import EPOCH
from tests.support.clocks import NOW

UNITS = (0, 1, -1, 5, -5, 7, 99, 12_345, -67_890, 10**9 + 7, 3 * 10**18, -(2**63) + 1, 2**63 - 1)
ZONE = "Asia/Shanghai"


@pytest.mark.parametrize("op", ["+", "-", "*"])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 4), (2, 4), (4, 2), (6, 6), (8, 8)])
def test_units_and_decimals_agree(op: str, left: int, right: int) -> None:
    kinds = (number(left), number(right))
    result = number(arithmetic_scale(op, *kinds))
    moment = Moment(NOW, ZoneInfo(ZONE), 0)
    name = sqlite_functions.signature(op, kinds, result, moment)
    quick = sqlite_functions._computation(name)
    exact = ARITHMETIC[op](result, kinds)
    assert quick.__name__ in ("product", "total"), "the quick way was not taken"
    for a, b in itertools.product(UNITS, repeat=2):
        plain = (Decimal(a).scaleb(-left), Decimal(b).scaleb(-right))
        wanted = exact(Moment(EPOCH, moment.zone, 0), *plain)
        found = quick(a, b)
        assert found == (None if wanted is None else numbers.scaled(wanted, result.scale)), (a, b)
    assert quick(None, 1) is None
    assert quick(1, None) is None
