"""Shares, ratings, sliders and durations: numbers with manners of their own."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.changing.conversions import NUMBERS
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, family_of, field_types
from regulars.form_builder.field_types.duration import clock
from regulars.wiring import wire

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))


@pytest.fixture(autouse=True)
def wired() -> None:
    wire()


@pytest.mark.parametrize(
    ("type_name", "settings", "text", "value"),
    [
        ("number", {"decimals": 2}, "20%", "0.20"),
        ("percent", {}, "20", "20"),
        ("percent", {}, " 20 % ", "20"),
        ("percent", {"decimals": 1}, "12.5％", "12.5"),
        ("percent", {}, "-3%", "-3"),
        ("rating", {}, "4", "4"),
        ("rating", {}, "★★★★☆", "4"),
        ("rating", {"stars": 10}, "★★★★★★★", "7"),
        ("slider", {}, "35", "35"),
        ("slider", {"min": -10, "max": 10, "step": 5}, "-5", "-5"),
        ("duration", {}, "90", "90"),
        ("duration", {}, "1:30", "90"),
        ("duration", {}, "0：05", "5"),
        ("duration", {}, "100:00", "6000"),
    ],
)
def test_a_cell_is_read_as_people_write_it(
    type_name: str, settings: dict[str, Any], text: str, value: str
) -> None:
    field = FieldDefinition("f", type_name, settings=settings)
    assert field_types.get(type_name).parse_text(field, text, READING) == Decimal(value)


@pytest.mark.parametrize(
    ("type_name", "settings", "text", "code"),
    [
        ("number", {}, "half%", "not-a-number"),
        ("number", {}, "20%", "too-many-decimals"),
        ("percent", {"max": 100}, "101%", "above-max"),
        ("percent", {}, "a lot", "not-a-number"),
        ("percent", {}, "12.5", "too-many-decimals"),
        ("rating", {}, "0", "below-min"),
        ("rating", {}, "6", "above-max"),
        ("rating", {}, "☆☆☆", None),
        ("rating", {}, "★★☆★", "not-a-number"),
        ("slider", {}, "101", "above-max"),
        ("slider", {}, "-1", "below-min"),
        ("slider", {"step": 5}, "12", "off-step"),
        ("duration", {}, "-1", "below-min"),
        ("duration", {}, "1:75", "not-a-number"),
        ("duration", {}, "1.5", "too-many-decimals"),
    ],
)
def test_what_makes_no_sense_is_refused(
    type_name: str, settings: dict[str, Any], text: str, code: str | None
) -> None:
    field = FieldDefinition("f", type_name, settings=settings)
    kind = field_types.get(type_name)
    if code is None:  # no star at all is no rating
        assert kind.parse_text(field, text, READING) is None
        return
    with pytest.raises(BadValue) as refused:
        kind.parse_text(field, text, READING)
    assert refused.value.code == code


def test_the_ends_of_a_slider_lie_on_its_steps() -> None:
    form = FormDefinition("f", "F", ())
    field = FieldDefinition("f", "slider", settings={"min": 1, "max": 9, "step": 5})
    found = [(each.path, each.code) for each in field_types.get("slider").check(field, form, {})]
    assert found == [("min", "off-step"), ("max", "off-step")]


def test_a_duration_is_written_as_it_is_read() -> None:
    kind = field_types.get("duration")
    for minutes in (0, 5, 59, 60, 61, 6000):
        field = FieldDefinition("f", "duration")
        shown = kind.to_text(field, Decimal(minutes))
        assert shown == clock(Decimal(minutes))
        assert kind.parse_text(field, shown, READING) == minutes


def test_every_kind_of_number_belongs_to_one_family() -> None:
    numbers = [each.name for each in field_types if family_of(each.name) == "number"]
    assert numbers == ["number", "money", "percent", "rating", "slider", "duration"]
    assert set(numbers) == set(NUMBERS), "what a change of type knows as numbers"
    assert family_of("text") == "text"
    assert family_of("no such type") == "no such type"
