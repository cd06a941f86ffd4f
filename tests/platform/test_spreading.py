"""An array arrives at the server as it was, whatever stands in it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from regulars.platform.columns import Written
from regulars.platform.db import UnitOfWork
from regulars.platform.spreading import array_text

AT = datetime(2026, 3, 8, 2, 30, 0, 123456, tzinfo=UTC)
WORDS = [
    "", "NULL", "null", "{}", "{a,b}", 'a"b', "\\", '\\"', " x ", "a,b", "王芳\n😀",
    Written("[1]"),
]  # fmt: skip
ARRAYS: list[tuple[str, list[Any]]] = [
    ("TEXT[]", [*WORDS, None]),
    ("BIGINT[]", [0, -1, 2**62, None]),
    ("NUMERIC[]", [Decimal("0.10"), Decimal("-1E+3"), None]),
    ("DOUBLE PRECISION[]", [0.1, -1e300, None]),
    ("BOOLEAN[]", [True, False, None]),
    ("TIMESTAMP WITH TIME ZONE[]", [AT, None]),
    ("DATE[]", [date(2026, 3, 8), None]),
    ("TEXT[]", []),
]


def sent(uow: UnitOfWork, kind: str, values: list[Any]) -> list[Any]:
    given = {"values": array_text(values)}
    found: list[Any] = uow.connection.exec_driver_sql(f"SELECT %(values)s::{kind}", given).scalar()
    return found


@pytest.mark.postgresql
def test_every_kind_of_value_arrives(uow: UnitOfWork) -> None:
    for kind, values in ARRAYS:
        assert sent(uow, kind, values) == values
