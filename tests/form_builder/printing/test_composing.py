"""Steps of the layout editor: whatever is wished, the layout stays one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.printing.composing import MOST_BLOCKS, after_wish
from regulars.form_builder.printing.definition import BLOCKS, PAPERS, PrintLayout
from regulars.form_builder.printing.kind import print_problems
from regulars.form_builder.printing.starting import first_blocks
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS

TEXT, LINE = {"block": "text", "text": "Hello"}, {"block": "line"}
FIELDS = {"block": "fields", "fields": ["name", "mobile", "tier"]}


def layout(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "print", "key": "slip", "label": "Slip", "form": "customers", "paper": "a4",
            "blocks": list(blocks)}  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("add line", [TEXT, FIELDS, LINE, LINE]),
        ("up 1", [FIELDS, TEXT, LINE]),
        ("up 0", [TEXT, FIELDS, LINE]),
        ("down 2", [TEXT, FIELDS, LINE]),
        ("down 0", [FIELDS, TEXT, LINE]),
        ("double 0", [TEXT, TEXT, FIELDS, LINE]),
        ("remove 1", [TEXT, LINE]),
        ("raise 1 tier", [TEXT, {**FIELDS, "fields": ["name", "tier", "mobile"]}, LINE]),
        ("raise 1 name", [TEXT, FIELDS, LINE]),
        ("drop 1 mobile", [TEXT, {**FIELDS, "fields": ["name", "tier"]}, LINE]),
        ("remove 9", [TEXT, FIELDS, LINE]),
        ("add castle", [TEXT, FIELDS, LINE]),
        ("", [TEXT, FIELDS, LINE]),
    ],
)
def test_a_wish_does_one_thing(wish: str, expected: list[dict[str, Any]]) -> None:
    before = layout(TEXT, FIELDS, LINE)
    assert after_wish(before, wish)["blocks"] == expected
    assert before == layout(TEXT, FIELDS, LINE)


@given(st.lists(st.one_of(
    st.builds("{} {}".format, st.sampled_from(("up", "down", "double", "remove", "raise")),
              st.integers(0, 70)),
    st.builds("add {}".format, st.sampled_from(BLOCKS)),
    st.text(max_size=12),
), max_size=90))  # fmt: skip
def test_any_wishes_leave_a_layout_that_can_be_saved_once_filled(
    wishes: list[str],
) -> None:
    raw = layout(TEXT)
    for wish in wishes:
        raw = after_wish(raw, wish)
    assert len(raw["blocks"]) <= MOST_BLOCKS
    needed = {"text": "x", "fields": ["name"], "rows": "orders", "field": "photo"}
    filled = [{**needed, **block} for block in raw["blocks"]]
    assert print_problems({**raw, "blocks": filled}) == []


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("raw", [CUSTOMERS, ORDERS, PRODUCTS], ids=lambda raw: raw["key"])
def test_every_form_begins_with_a_layout_for_every_paper(raw: dict[str, Any], paper: str) -> None:
    blocks = first_blocks(FormDefinition.from_json(raw), paper)
    begun = {**layout(*blocks), "paper": paper, "form": raw["key"]}
    assert print_problems(begun) == []
    assert PrintLayout.from_json(begun).blocks


def test_a_receipt_says_what_how_many_and_how_much() -> None:
    blocks = first_blocks(FormDefinition.from_json(ORDERS), "receipt_58")
    table = next(block for block in blocks if block["block"] == "table")
    assert table["fields"] == ["product", "quantity", "line_total"]
    assert table["total"] == ["line_total"]
