"""Every way from one type to another: what comes out, and what is said to be lost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.changing.conversions import (
    CONVERTERS,
    Terms,
    can_convert,
    convert,
    possible_types,
)
from regulars.form_builder.definition import SIDE_TYPES, FieldDefinition
from regulars.form_builder.field_types.base import Reading
from regulars.wiring import wire

wire()
ZONE = ZoneInfo("Asia/Shanghai")
READING = Reading(ZONE, "CNY", datetime(2024, 1, 1, tzinfo=UTC), "en")
TIERS = {"options": [{"value": "gold", "label": "Gold"}, {"value": "basic", "label": "Basic"}]}
YES_NO = {"options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]}
NOON = datetime(2024, 3, 1, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2024, 2, 29, 16, 0, tzinfo=UTC)


def terms(before: str, after: str, **settings: Any) -> Terms:
    own = {"choice": TIERS, "choices": TIERS, "tags": {}, "link": {"to": "customers"}}
    old = FieldDefinition("f", before, settings=settings.pop("old", own.get(before, {})))
    new = FieldDefinition("f", after, settings=settings or own.get(after, {}))
    return Terms(old, new, READING, {7: "Ann"}, {"138": 7, "139": "no-such-record"})


CASES: list[tuple[str, str, dict[str, Any], Any, Any, str]] = [
    ("text", "number", {"decimals": 2}, "1,234.5", Decimal("1234.50"), ""),
    ("text", "number", {"decimals": 0}, "12.6", Decimal(13), "rounded"),
    ("text", "number", {}, "a dozen", None, "not-a-number"),
    ("text", "number", {"min": 0}, "-3", None, "below-min"),
    ("text", "money", {"currency": "CNY"}, "¥99.90", Decimal("99.90"), ""),
    ("text", "money", {"currency": "CNY"}, "99元", Decimal("99.00"), ""),
    ("text", "date", {}, "2024年3月1日", date(2024, 3, 1), ""),
    ("text", "date", {}, "2024/3/1 12:30", date(2024, 3, 1), "time-dropped"),
    ("text", "date", {}, "soon", None, "not-a-date"),
    ("text", "datetime", {}, "2024-03-01 12:00", NOON, ""),
    ("text", "datetime", {}, "never", None, "not-a-datetime"),
    ("text", "boolean", {}, "是", True, ""),
    ("text", "boolean", {}, "maybe", None, "not-a-boolean"),
    ("text", "choice", TIERS, "GOLD", "gold", ""),
    ("text", "choice", TIERS, "silver", None, "not-an-option"),
    ("text", "tags", {}, "a、b", frozenset("ab"), ""),
    ("text", "phone", {}, "138 0000 1234", "+8613800001234", ""),
    ("text", "phone", {}, "none", None, "not-a-phone"),
    ("text", "email", {}, "ann@shop.example", "ann@shop.example", ""),
    ("text", "url", {}, "shop", None, "not-a-url"),
    ("text", "link", {"to": "customers"}, "138", 7, ""),
    ("text", "link", {"to": "customers"}, "139", None, "no-such-record"),
    ("long_text", "text", {}, "a\nb", "a b", "lines-joined"),
    ("long_text", "text", {"max_length": 3}, "abcdef", "abc", "text-cut"),
    ("number", "text", {}, Decimal("12.50"), "12.50", ""),
    ("number", "money", {"decimals": 2}, Decimal("1.005"), Decimal("1.01"), "rounded"),
    ("money", "number", {"decimals": 2}, Decimal("1.25"), Decimal("1.25"), ""),
    ("number", "number", {"decimals": 0}, Decimal("1.5"), Decimal(2), "rounded"),
    ("date", "datetime", {}, date(2024, 3, 1), MIDNIGHT, ""),
    ("datetime", "date", {}, MIDNIGHT, date(2024, 3, 1), ""),
    ("datetime", "date", {}, NOON, date(2024, 3, 1), "time-dropped"),
    ("datetime", "text", {}, NOON, "2024-03-01 12:00", ""),
    ("choice", "text", {}, "gold", "Gold", ""),
    ("choice", "tags", {}, "gold", frozenset({"Gold"}), ""),
    ("choice", "tags", TIERS, "gold", frozenset({"gold"}), ""),
    ("tags", "choice", TIERS, frozenset({"basic", "gold"}), "gold", "several-tags"),
    ("tags", "choice", TIERS, frozenset({"Basic"}), "basic", ""),
    ("tags", "choice", TIERS, frozenset({"x"}), None, "not-an-option"),
    ("text", "choices", TIERS, "Gold、basic", frozenset({"gold", "basic"}), ""),
    ("text", "choices", TIERS, "Gold, silver", frozenset(), "not-an-option"),
    ("choice", "choices", TIERS, "gold", frozenset({"gold"}), ""),
    ("tags", "choices", TIERS, frozenset({"Basic", "gold"}), frozenset({"basic", "gold"}), ""),
    ("choices", "tags", {}, frozenset({"basic", "gold"}), frozenset({"Basic", "Gold"}), ""),
    ("choices", "choice", TIERS, frozenset({"basic", "gold"}), "gold", "several-tags"),
    ("choices", "text", {}, frozenset({"basic", "gold"}), "Gold, Basic", ""),
    ("text", "time", {}, "下午3点半", Decimal(930), ""),
    ("text", "time", {"max": "12:00"}, "15:30", None, "above-max"),
    ("datetime", "time", {}, NOON, Decimal(720), "day-dropped"),
    ("time", "text", {}, Decimal(570), "09:30", ""),
    ("text", "address", {}, "浙江杭州西湖区 x", "浙江省杭州市西湖区x", ""),
    ("address", "text", {}, "浙江省杭州市", "浙江省杭州市", ""),
    ("text", "location", {}, "30.1, 120.2", "30.100000,120.200000", ""),
    ("text", "location", {}, "here", None, "not-a-location"),
    ("tags", "text", {}, frozenset({"b", "a"}), "a, b", ""),
    ("boolean", "choice", YES_NO, True, "yes", ""),
    ("boolean", "number", {}, False, Decimal(0), ""),
    ("boolean", "text", {}, True, "Yes", ""),
    ("choice", "boolean", {}, "gold", None, "not-a-boolean"),
    ("link", "text", {}, 7, "Ann", ""),
    ("link", "text", {}, 8, "#8", ""),
    ("serial", "text", {}, "SO-1", "SO-1", ""),
]


@pytest.mark.parametrize(
    ("before", "after", "settings", "old", "new", "code"),
    CASES,
    ids=[f"{c[0]}-{c[1]}-{n}" for n, c in enumerate(CASES)],
)
def test_a_value_becomes(
    before: str, after: str, settings: dict[str, Any], old: Any, new: Any, code: str
) -> None:
    found = convert(terms(before, after, **settings), old)
    assert (found.value, found.code) == (new, code)


@pytest.mark.parametrize("pair", CONVERTERS, ids="-".join)
def test_nothing_stays_nothing(pair: tuple[str, str]) -> None:
    found = convert(terms(*pair), frozenset() if pair[0] in SIDE_TYPES else None)
    assert found.value in (None, frozenset())
    assert not found.code


@given(st.text(max_size=60))
def test_any_text_is_read_or_named_as_lost(text: str) -> None:
    for before, after in CONVERTERS:
        if before == "text":
            found = convert(terms("text", after), text)
            if found.value in (None, frozenset()):
                assert found.code


@given(st.decimals(-(10**6), 10**6, places=2))
def test_a_number_goes_to_text_and_back(value: Decimal) -> None:
    there = convert(terms("number", "text", old={"decimals": 2}), value)
    back = convert(terms("text", "number", decimals=2), there.value)
    assert (back.value, back.code) == (value, "")


@given(st.dates())
def test_a_day_goes_to_an_instant_and_back(day: date) -> None:
    there = convert(terms("date", "datetime"), day)
    if there.code:
        assert there.value is None
        return
    back = convert(terms("datetime", "date"), there.value)
    assert (back.value, back.code) == (day, "")


def test_types_that_hold_no_values_of_their_own_cannot_change() -> None:
    for name in ("formula", "rollup", "lookup", "related", "subform", "created_at"):
        assert possible_types(name) == []
    assert "number" in possible_types("text")
    assert not can_convert("date", "phone")
