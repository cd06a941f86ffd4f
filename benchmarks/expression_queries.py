"""Conditions as owners write them, beside the SQL and the Python an expert would write."""

# ruff: noqa: S608 - the hand-written side of a comparison; nothing comes from outside

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.expression_shop import MOMENT, NOW

Raw = dict[str, Any]


def _count(days: int, op: str, value: int) -> Raw:
    return {"aggregate": "count", "of": "orders", "within": {"last": days, "unit": "day"},
            "on": "paid_at", "op": op, "value": value}  # fmt: skip


CONSENT: Raw = {"consent": {"purpose": "marketing", "channel": "sms"}}
_SPENT: Raw = {"aggregate": "sum", "of": "orders", "field": "amount", "op": "gt", "value": 1000}
_MONTH: Raw = {"within": {"calendar": "last_month"}, "on": "paid_at"}
_NONE_SINCE: Raw = {"aggregate": "count", "of": "orders", "within": {"calendar": "this_month"},
                    "on": "paid_at", "op": "is", "value": 0}  # fmt: skip
_LONG_AGO: Raw = {"aggregate": "last", "of": "orders", "field": "paid_at", "op": "older_than",
                  "value": {"n": 30, "unit": "day"}}  # fmt: skip

HAS_AGREED = (
    "EXISTS (SELECT 1 FROM consents s WHERE s.form = 'customers' AND s.record_id = c.id "
    "AND s.purpose = 'marketing' AND s.channel = 'sms' AND s.granted = {yes})"
)


@dataclass(frozen=True)
class Scan:
    """A condition over all customers; ``hand`` holds the WHERE parts worth trying by hand."""

    name: str
    title: str
    condition: Raw
    hand: tuple[str, ...]


def _grouped(window: str, having: str) -> str:
    return (
        f"c.id IN (SELECT customer FROM f_orders WHERE {window} GROUP BY customer HAVING {having})"
    )


def _scalar(value: str, window: str, test: str) -> str:
    return f"(SELECT {value} FROM f_orders o WHERE o.customer = c.id AND {window}) {test}"


_RECENT = "paid_at >= {days_30} AND paid_at < {just_after}"
_LAST_MONTH = "paid_at >= {last_month} AND paid_at < {this_month}"
_THIS_MONTH = "paid_at >= {this_month} AND paid_at < {next_month}"


def _no(window: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM f_orders o WHERE o.customer = c.id AND {window})"


def _some(window: str) -> str:
    return f"EXISTS (SELECT 1 FROM f_orders o WHERE o.customer = c.id AND {window})"


SCANS = (
    Scan(
        "R1", "no order for 30 days, and agreed to SMS",
        {"all": [_count(30, "is", 0), CONSENT]},
        (f"{_no(_RECENT)} AND {HAS_AGREED}",),
    ),
    Scan(
        "R1b", "the last order is at least 30 days ago, and agreed",
        {"all": [_LONG_AGO, CONSENT]},
        (
            f"{_some('true')} AND {_no('paid_at >= {days_29}')} AND {HAS_AGREED}",
            f"{_scalar('max(paid_at)', 'true', '< {days_29}')} AND {HAS_AGREED}",
            f"{_grouped('true', 'max(paid_at) < {days_29}')} AND {HAS_AGREED}",
        ),
    ),
    Scan(
        "R2", "at least 4 orders in 30 days", _count(30, "gte", 4),
        (_grouped(_RECENT, "count(*) >= 4"), _scalar("count(*)", _RECENT, ">= 4")),
    ),
    Scan(
        "R3", "spent over 1,000 last month, nothing since",
        {"all": [{**_SPENT, **_MONTH}, _NONE_SINCE]},
        (
            f"{_grouped(_LAST_MONTH, 'sum(amount) > 100000')} AND {_no(_THIS_MONTH)}",
            f"{_scalar('sum(amount)', _LAST_MONTH, '> 100000')} AND {_no(_THIS_MONTH)}",
        ),
    ),
    Scan(
        "R4", "spent over 5,000 ever", {**_SPENT, "value": 5000},
        (_grouped("true", "sum(amount) > 500000"), _scalar("sum(amount)", "true", "> 500000")),
    ),
    Scan(
        "F1", "gold with more than 2,500 points",
        {"all": [{"field": "tier", "op": "is", "value": "gold"},
                 {"field": "points", "op": "gt", "value": 2500}]},
        ("c.tier = 'gold' AND c.points > 2500",),
    ),
)  # fmt: skip


MANY_RULES: tuple[Raw, ...] = tuple(
    {**_SPENT, "value": value, "within": {"last": days, "unit": "day"}, "on": "paid_at"}
    for days in (90, 180, 365, 730)
    for value in (500, 1000, 2000, 5000)
) + tuple(_count(days, "gte", 3) for days in (90, 180, 365, 730))


def edges(dialect: str) -> dict[str, str]:
    """The instants of the windows, as the database keeps them."""
    today = NOW.astimezone(MOMENT.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    found = {
        "days_30": today - timedelta(days=29),
        "days_29": today - timedelta(days=29),
        "just_after": NOW + timedelta(microseconds=1),
        "this_month": month,
        "last_month": (month - timedelta(days=1)).replace(day=1),
        "next_month": (month + timedelta(days=31)).replace(day=1),
    }
    made = {name: _kept(dialect, at) for name, at in found.items()}
    return {**made, "yes": "true" if dialect == "postgresql" else "1"}


def _kept(dialect: str, at: datetime) -> str:
    if dialect == "postgresql":
        return f"timestamptz '{at.astimezone(UTC).isoformat()}'"
    return str(round(at.timestamp() * 1_000_000))


FIVE_CLAUSES: Raw = {
    "all": [
        {"field": "tier", "op": "in", "value": ["gold", "diamond"]},
        {"field": "points", "op": "gte", "value": 100},
        {"field": "name", "op": "is_not_empty"},
        {"field": "joined", "op": "before", "value": "2026-01-01T00:00:00Z"},
        {"any": [{"field": "vip", "op": "is", "value": True},
                 {"field": "balance", "op": "gt", "value": "20.50"}]},
    ]
}  # fmt: skip
_TIERS = frozenset({"gold", "diamond"})
_HUNDRED, _MUCH = Decimal(100), Decimal("20.50")
_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
Test = Callable[[Mapping[str, Any]], bool]


def by_hand(row: Mapping[str, Any]) -> bool:
    """`FIVE_CLAUSES` as a programmer would write it, with the same care for what is missing."""
    tier, points, joined = row["tier"], row["points"], row["joined"]
    if tier is None or tier not in _TIERS or points is None or not points >= _HUNDRED:
        return False
    if not row["name"] or joined is None or not joined < _YEAR:
        return False
    if row["vip"] is True:
        return True
    balance = row["balance"]
    return balance is not None and balance > _MUCH
