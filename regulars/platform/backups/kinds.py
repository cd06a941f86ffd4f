"""The few kinds of columns there are, and their values as an archive writes them.

An archive holds instants as microseconds and days as days since 1970, flags as 0 and 1, bytes as
base64: what SQLite stores already, and what PostgreSQL's values are turned into and from.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from regulars.platform import columns

Kind = Literal["integer", "text", "real", "bytes", "instant", "day", "flag"]

KINDS: dict[str, Callable[[], TypeEngine[Any]]] = {
    "integer": lambda: columns.BigInt,
    "text": sa.Text,
    "real": sa.Double,
    "bytes": sa.LargeBinary,
    "instant": columns.Instant,
    "day": columns.Day,
    "flag": columns.Flag,
}
"""The column type that each kind stands for."""

_OWN: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (columns.Instant, "instant"),
    (columns.Day, "day"),
    (columns.Flag, "flag"),
    (columns.Scaled, "integer"),
    (columns.Json, "text"),
)
# The order matters: a column of days is a kind of its own, and Numeric holds Float.
_STORED: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (sa.DateTime, "instant"),
    (sa.Date, "day"),
    (sa.Boolean, "flag"),
    (sa.Integer, "integer"),
    (sa.Numeric, "real"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
)
_EPOCH_DAY = date(1970, 1, 1)


class UnknownColumn(ValueError):
    """A column of a type that no backup can hold; the text names it."""


def kind_of(type_: TypeEngine[Any]) -> Kind:
    """The kind of a column type, of ours or as a database reports it."""
    for known, kind in (*_OWN, *_STORED):
        if isinstance(type_, known):
            return kind
    raise UnknownColumn(str(type_))


def to_archive(value: Any) -> Any:
    """A value as either database hands it over, in the form that JSON takes."""
    if value is None or type(value) in (int, str):
        return value
    return _spelt(value)


def _spelt(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return columns.epoch_microseconds(value)
    if isinstance(value, date):
        return (value - _EPOCH_DAY).days
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    return float(value) if isinstance(value, Decimal) else value


def readers_for(dialect: str, kinds: list[str]) -> list[tuple[int, Callable[[Any], Any]]]:
    """Which columns of a row need turning before this database takes them, and how."""
    turned = _POSTGRES if dialect == "postgresql" else _SQLITE
    return [(place, turned[kind]) for place, kind in enumerate(kinds) if kind in turned]


def _day(value: int) -> date:
    return _EPOCH_DAY + timedelta(days=value)


_SQLITE: dict[str, Callable[[Any], Any]] = {"bytes": base64.b64decode, "real": float}
_POSTGRES: dict[str, Callable[[Any], Any]] = {
    **_SQLITE,
    "instant": columns.from_epoch_microseconds,
    "day": _day,
    "flag": bool,
}
