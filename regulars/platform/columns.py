"""Column types that mean the same on SQLite (STRICT tables) and PostgreSQL.

Instants are UTC epoch microseconds on SQLite and ``timestamptz`` on PostgreSQL; days are days
since 1970-01-01 or ``date``; fixed decimals and money are scaled integers on both.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

BigInt = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Text = sa.Text
Bytes = sa.LargeBinary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware datetime; comes back in UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return epoch_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return value.astimezone(UTC)  # type: ignore[no-any-return]
        return from_epoch_microseconds(value)


class Day(TypeDecorator[date]):
    """A calendar day without a zone."""

    impl = sa.Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Date())
        return dialect.type_descriptor(sa.Integer())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.toordinal() - _EPOCH_DAY

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        if value is None or isinstance(value, date):
            return value
        return date.fromordinal(value + _EPOCH_DAY)


class Flag(TypeDecorator[bool]):
    """Yes or no; 0/1 on SQLite, boolean on PostgreSQL."""

    impl = sa.Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Boolean())
        return dialect.type_descriptor(sa.Integer())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Scaled(TypeDecorator[Decimal]):
    """An exact decimal with ``scale`` places, stored as value x 10^scale."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, scale: int = 0) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        plain = sa.BigInteger() if dialect.name == "postgresql" else sa.Integer()
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        return None if value is None else to_scaled(value, self.scale)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else from_scaled(value, self.scale)


class Written(str):
    """A JSON value that is written out already; several columns may take the same one."""

    __slots__ = ()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def written(value: Any) -> Written:
    """The text by which a `Json` column keeps a value."""
    return Written(_encode(value))


class Json(TypeDecorator[Any]):
    """A JSON value kept as text, keys in the order they were written."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value if value is None or isinstance(value, Written) else written(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def epoch_microseconds(value: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exact."""
    return (value - _EPOCH) // _MICROSECOND


def from_epoch_microseconds(value: int) -> datetime:
    """The aware UTC datetime of ``value`` microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=int(value))


def to_scaled(value: Decimal | int, scale: int) -> int:
    """``value`` in units of 10^-scale, halves rounded away from zero."""
    return int((Decimal(value).scaleb(scale)).to_integral_value(rounding=ROUND_HALF_UP))


def from_scaled(value: int | Decimal, scale: int) -> Decimal:
    """The decimal that ``value`` units of 10^-scale make."""
    return Decimal(int(value)).scaleb(-scale)
