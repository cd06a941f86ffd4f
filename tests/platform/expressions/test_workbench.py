"""A formula while it is typed: where its mistakes are, and which function is being written."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.complete import function_help
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.types import DATE, TEXT, number
from regulars.platform.expressions.workbench import call_at, examine, line_and_column
from regulars.platform.i18n import LOCALES


def test_a_sound_formula_has_a_type_and_its_canonical_text(shop_shapes: Shapes) -> None:
    piece = examine("points*2  +  balance", shop_shapes, "customers")
    assert piece.mistakes == ()
    assert piece.tree is not None
    assert piece.tree.type == number(2)
    assert piece.text == "points * 2 + balance"


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "at"),
    [
        ("points + ", "formula-unfinished", 1, 10, ""),
        ("points +\n  nobody", "unknown-field", 2, 3, "nobody"),
        ("IF(points > 3,\n\n  ROUNDED(2))", "unknown-function-near", 3, 3, "ROUNDED"),
        ('points > "many"', "literal-not-of-kind", 1, 10, '"many"'),
        ('name & "open', "formula-open-quote", 1, 8, '"open'),
        ("LEN(points)", "wrong-kind", 1, 5, "points"),
    ],
)
def test_a_mistake_says_where_it_is(
    text: str, code: str, line: int, column: int, at: str, shop_shapes: Shapes
) -> None:
    piece = examine(text, shop_shapes, "customers")
    assert piece.tree is None
    assert piece.text == ""
    mistake = piece.mistakes[0]
    assert (mistake.problem.code, mistake.line, mistake.column, mistake.at) == (
        code, line, column, at,
    )  # fmt: skip
    assert (mistake.before + mistake.at + mistake.after) in text


def test_all_mistakes_of_meaning_come_together(shop_shapes: Shapes) -> None:
    piece = examine("nobody + LEN(points)", shop_shapes, "customers")
    assert [each.column for each in piece.mistakes] == [1, 14]


def test_the_wanted_type_is_part_of_it(shop_shapes: Shapes) -> None:
    assert examine("name", shop_shapes, "customers", expect=TEXT).mistakes == ()
    assert examine("joined", shop_shapes, "customers", expect=DATE).mistakes == ()
    wrong = examine("name", shop_shapes, "customers", expect=number(2)).mistakes
    assert [each.problem.code for each in wrong] == ["wrong-kind"]


def test_a_field_may_not_lead_back_to_itself(shop_shapes: Shapes) -> None:
    for text in ("spend + 1", "COUNT(referred, WHERE spend > 1)"):
        found = examine(text, shop_shapes, "customers", own_key="spend").mistakes
        assert [each.problem.code for each in found] == ["formula-cycle"]
    assert examine("spend + 1", shop_shapes, "customers", own_key="weeks").mistakes == ()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("|", ""),
        ("LEN(|", "LEN"),
        ("LEN(name)|", ""),
        ("IF(LEN(name) > 3, |", "IF"),
        ("SUM(orders, (amount + |", "SUM"),
        ('REPLACE(name, "(", |', "REPLACE"),
        ("nothing(|", ""),
    ],
)
def test_the_function_around_the_cursor_is_known(typed: str, name: str) -> None:
    assert call_at(typed.replace("|", ""), typed.index("|")) == name


@given(text=st.text(alphabet="ab\n", max_size=30), data=st.data())
def test_lines_and_columns_lead_back_to_the_offset(text: str, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, position)
    starts = [0, *(n + 1 for n, letter in enumerate(text) if letter == "\n")]
    assert starts[line - 1] + column - 1 == position


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), position=st.integers(-3, 80))
def test_any_text_can_be_looked_at(text: str, position: int, shop_shapes: Shapes) -> None:
    piece = examine(text, shop_shapes, "customers")
    assert (piece.tree is None) is bool(piece.mistakes)
    call_at(text, position)


def test_the_help_of_every_function_has_two_halves() -> None:
    for name in known_names():
        for locale in LOCALES:
            written, gives = function_help(name, locale)
            assert written.startswith(f"{name}(")
            assert written.endswith(")")
            assert gives
