"""Opening a report in the editor and saving it loses nothing."""

from typing import Any

import pytest

from regulars.platform import i18n
from regulars.report_builder.sketch import (
    ConditionRow,
    MeasureRow,
    Sketch,
    definition_of,
    kept_part,
    kept_text,
    sketch_of,
    value_text,
)

LEAF = {"field": "status", "op": "is", "value": "paid"}
FULL: dict[str, Any] = {
    "kind": "report",
    "key": "revenue",
    "label": {"en": "Revenue", "zh-Hans": "销售额"},
    "description": "By month and tier",
    "from": "orders",
    "where": {"all": [LEAF, {"not": {"field": "note", "op": "is", "value": "x"}}]},
    "dimensions": [
        {"as": "month", "field": "paid_at", "by": "month"},
        {"as": "tier", "field": "customer.tier", "label": "Tier"},
    ],
    "measures": [
        {"as": "revenue", "aggregate": "sum", "field": "amount", "label": "Money"},
        {"as": "paid", "aggregate": "count", "where": LEAF},
        {"as": "aov", "ratio": ["revenue", "paid"], "format": "money"},
    ],
    "compare": "previous_period",
    "sort": ["-revenue"],
    "limit": 10,
    "chart": {"type": "bar", "x": "month", "color": "tier", "y": ["revenue"], "stack": False},
}
STUDY: dict[str, Any] = {
    "kind": "report",
    "key": "kept",
    "label": "Kept",
    "from": "orders",
    "analysis": "retention",
    "subject": "customer",
    "at": "paid_at",
    "period": "week",
    "window_days": 60,
    "where": LEAF,
    "chart": {"type": "bar", "y": ["churn"]},
}


def saved(raw: dict[str, Any], sketch: Sketch | None = None) -> dict[str, Any]:
    drawn = sketch or sketch_of(raw, i18n.pick(raw["label"], "en"))
    leaves = [row.kept or LEAF for row in drawn.conditions]
    return definition_of(drawn, raw["key"], "en", leaves, raw)


@pytest.mark.parametrize("raw", [FULL, STUDY])
def test_what_is_opened_and_saved_is_the_same(raw: dict[str, Any]) -> None:
    assert saved(raw) == raw


def test_a_new_name_changes_one_language() -> None:
    sketch = sketch_of(FULL, "Turnover")

    assert saved(FULL, sketch)["label"] == {"en": "Turnover", "zh-Hans": "销售额"}


def test_a_sketch_from_nothing_becomes_a_small_report() -> None:
    sketch = Sketch(label="Orders", source="orders", time_field="paid_at", time_by="week")

    assert definition_of(sketch, "orders", "en", [], {}) == {
        "kind": "report",
        "key": "orders",
        "label": "Orders",
        "from": "orders",
        "dimensions": [{"as": "week", "field": "paid_at", "by": "week"}],
        "measures": [{"aggregate": "count"}],
        "chart": {"type": "line", "x": "week"},
    }


def test_measures_without_their_field_wait() -> None:
    sketch = Sketch(source="orders", measures=(MeasureRow(), MeasureRow("sum")))

    assert definition_of(sketch, "k", "en", [], {})["measures"] == [{"aggregate": "count"}]


def test_rows_are_added_and_dropped_but_one_number_stays() -> None:
    sketch = Sketch().with_row("measure").with_row("condition")

    assert (len(sketch.measures), len(sketch.conditions)) == (2, 1)
    assert sketch.without_row("condition", 0).conditions == ()
    assert len(sketch.without_row("measure", 0).without_row("measure", 0).measures) == 1


def test_conditions_made_elsewhere_are_kept_whole() -> None:
    simple, kept = sketch_of(FULL, "x").conditions

    assert simple == ConditionRow("status", "is", "paid")
    assert kept.kept == {"not": {"field": "note", "op": "is", "value": "x"}}
    assert kept_part(kept_text(kept.kept)) == kept.kept
    assert kept_part("{broken") is None
    assert kept_part("[1]") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (12, "12"),
        ({"calendar": "this_month"}, "this_month"),
        ({"last": 30, "unit": "day"}, "30"),
        ({"n": 7, "unit": "day"}, "7"),
        ({"last": 3, "unit": "week"}, None),
        ({"formula": "a"}, None),
        (["a", "b"], None),
        (None, ""),
    ],
)
def test_values_are_texts_where_one_input_can_show_them(value: Any, text: str | None) -> None:
    assert value_text(value) == text
