"""Each field type draws its input and its value."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder.definition import SIDE_TYPES, FieldDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.web.entries import Entry, ask_value
from regulars.form_builder.web.values import Cell, show_large, show_value
from regulars.platform.rich_text import RichText
from tests.support.site import Site, words_of

OPTIONS = {"options": [{"value": "a", "label": "Apple", "color": "green"}, {"value": "b"}]}
LEVELS = {"options": [{"value": "a", "label": "Food"}, {"value": "a.b"}]}
MANY = {"options": [{"value": f"o{n}"} for n in range(9)]}
INSIDE = (FieldDefinition("n", "number"), FieldDefinition("l", "link", settings={"to": "x"}))
SHOWN: list[tuple[str, dict[str, Any], Any, list[str]]] = [
    ("text", {}, "<b>", ["<b>"]),
    ("long_text", {}, "a\nb", ["a\nb"]),
    ("number", {"decimals": 1, "suffix": "kg"}, Decimal("1234.5"), ["1,234.5", "kg"]),
    ("money", {"currency": "GBP"}, Decimal("3.5"), ["£3.50"]),
    ("percent", {"decimals": 1}, Decimal("12.5"), ["12.5%"]),
    ("slider", {"suffix": "°"}, Decimal("1200"), ["1,200", "°"]),
    ("duration", {}, Decimal(90), ["1 h 30 min"]),
    ("duration", {}, Decimal(120), ["2 h"]),
    ("duration", {}, Decimal(0), ["0 min"]),
    ("time", {}, Decimal(570), ["09:30"]),
    ("boolean", {}, True, ["Yes"]),
    ("boolean", {}, False, ["No"]),
    ("date", {}, date(2026, 3, 1), ["1 Mar 2026"]),
    ("datetime", {}, datetime(2026, 3, 1, 2, 30, tzinfo=UTC), ["1 Mar 2026 02:30"]),
    ("choice", OPTIONS, "a", ["Apple"]),
    ("choice", OPTIONS, "gone", ["gone"]),
    ("cascade", LEVELS, "a.b", ["Food / b"]),
    ("tags", OPTIONS, frozenset({"b", "a"}), ["Apple", "b"]),
    ("choices", OPTIONS, frozenset({"b", "a"}), ["Apple", "b"]),
    ("address", {}, "浙江省杭州市 310012", ["浙江省杭州市 310012"]),
    ("location", {}, "30.274150,120.000000", ["30.27415, 120"]),
    ("email", {}, "a@x.example", ["a@x.example"]),
    ("phone", {}, "+8613800138000", ["138 0013 8000"]),
    ("phone", {}, "+442079460958", ["+44 20 7946 0958"]),
    ("url", {}, "https://x.example/a/", ["x.example/a"]),
    ("serial", {}, "SO1", ["SO1"]),
    ("json", {}, '{"a":"<b>"}', ['{"a":"<b>"}']),
    ("rich_text", {}, RichText("a b", "<p>a <em>b</em></p>"), ["a", "b"]),
    ("rich_text", {}, "<a>", ["<a>"]),  # through a lookup there are only the words
    ("barcode", {}, "6901234567892", ["6901234567892"]),
    ("member", {}, 7, ["#7"]),
    ("created_by", {}, 7, ["#7"]),
    ("unit", {}, 7, ["#7"]),
]  # fmt: skip


@pytest.fixture
def page(site: Site) -> Iterator[None]:
    with site.app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


@pytest.mark.parametrize(("type_name", "settings", "value", "words"), SHOWN)
def test_a_value_is_shown_as_people_read_it(
    page: None, type_name: str, settings: dict[str, Any], value: Any, words: list[str]
) -> None:
    field = FieldDefinition("f", type_name, settings=settings)
    shown = show_value(Cell(field, value)).striptags()
    assert shown == " ".join(" ".join(words).split())


def test_a_rating_is_shown_as_stars_and_told_to_who_cannot_see_them(page: None) -> None:
    drawn = str(show_value(Cell(FieldDefinition("f", "rating"), Decimal(4))))
    assert drawn.count("star-on") == 4
    assert drawn.count("star-off") == 1
    assert 'aria-label="4 of 5 stars"' in drawn


@pytest.mark.parametrize(("value", "bars", "squares"), [("A<b>-1", 1, 0), ("会员<script>", 0, 1)])
def test_a_code_is_drawn_where_there_is_room(
    page: None, value: str, bars: int, squares: int
) -> None:
    drawn = str(show_large(Cell(FieldDefinition("f", "barcode"), value)))
    assert (drawn.count('class="bars"'), drawn.count('class="qr"')) == (bars, squares)
    assert "<b>" not in drawn
    assert "<script>" not in drawn
    assert "style=" not in drawn


def test_nothing_is_drawn_of_no_value(page: None) -> None:
    for kind in field_types:
        value = frozenset() if kind.name in SIDE_TYPES else None
        assert show_value(Cell(FieldDefinition("f", kind.name), value)).strip() == "", kind.name


def test_every_type_draws_an_input_with_its_label(page: None) -> None:
    for kind in field_types:
        for settings in (OPTIONS, MANY) if kind.name == "choice" else ({},):
            field = FieldDefinition(
                "f", kind.name, label="What", help="Why", required=True, settings=settings,
                fields=INSIDE if kind.name == "subform" else (),
            )  # fmt: skip
            answer: Any = [] if kind.name in (*SIDE_TYPES, "subform") else ""
            blank = tuple(Entry(each, f"f/new/{each.key}", "") for each in field.fields)
            drawn = ask_value(Entry(field, "f", answer, {"f": ["Wrong."]}, blank=blank))
            said = words_of(str(drawn))
            assert "What" in said, kind.name
            if kind.writable:
                assert {"Why", "Wrong."} <= set(said), kind.name


def test_a_subform_shows_its_rows_as_a_table(page: None) -> None:
    field = FieldDefinition("f", "subform", fields=INSIDE[:1])
    cell = Cell(field, [{"id": 1, "n": Decimal(5)}], rows=field.fields)
    assert words_of(str(show_value(cell))) == ["n", "5"]


def test_an_address_that_could_run_a_script_cannot_be_stored_and_so_never_linked(
    page: None,
) -> None:
    drawn = str(show_value(Cell(FieldDefinition("f", "url"), 'https://x/"onclick="y')))
    assert '"onclick' not in drawn
