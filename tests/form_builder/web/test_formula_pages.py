"""Beside the formula in the designer's settings."""

from typing import Any

from tests.form_builder.web.conftest import Shop
from tests.support.site import Visitor, words_of

DESIGN = "/w/shop/forms/customers/design"


def look(owner: Visitor, formula: str, form: str = "customers", **more: Any) -> list[str]:
    values = {"field": "average", "formula~here": "1", "formula": formula, "result~here": "1",
              "result": "money", **more}  # fmt: skip
    answer = owner.htmx("POST", f"/w/shop/forms/{form}/design/formula", values)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


def test_a_sound_formula_shows_what_it_gives(shop: Shop, owner: Visitor) -> None:
    said = look(owner, "total_spend / 2")
    assert any(each.startswith("Gives: number with 6 decimals.") for each in said)


def test_a_mistake_is_shown_where_it_is(shop: Shop, owner: Visitor) -> None:
    said = look(owner, "total_spend / nobody")
    assert "nobody" in said
    assert "Line 1, character 15." in said


def test_a_formula_of_another_result_is_a_mistake(shop: Shop, owner: Visitor) -> None:
    assert any("Line 1" in each for each in look(owner, "name"))
    assert any("Gives: text" in each for each in look(owner, "name", result="text"))
    plain = {"decimals~here": "1", "decimals": "", "currency~here": "1", "currency": ""}
    assert any("Gives: number" in each for each in look(owner, "1", **plain))


def test_a_field_that_leads_back_to_itself_is_a_mistake(shop: Shop, owner: Visitor) -> None:
    assert not any("Gives" in each for each in look(owner, "average + 1"))


def test_the_cursor_brings_suggestions_and_the_function_around_it(
    shop: Shop, owner: Visitor
) -> None:
    said = look(owner, "ROUND(total_s", caret="13")
    assert any(each.startswith("ROUND(") for each in said)
    assert "total_spend" in said


def test_a_formula_of_a_row_knows_the_row(shop: Shop, owner: Visitor) -> None:
    said = look(owner, "quantity * price", "orders", field="items.line_total")
    assert any("Gives" in each for each in said)


def test_an_unknown_field_is_refused(shop: Shop, owner: Visitor) -> None:
    answer = owner.htmx("POST", f"{DESIGN}/formula", {"field": "gone", "formula": "1"})
    assert answer.status_code == 409
