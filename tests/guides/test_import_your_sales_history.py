from pathlib import Path

import pytest
from playwright.sync_api import expect

from regulars.form_builder.importing import running
from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]

FILES = {
    "en": (
        "January receipts.csv",
        """Receipt,Customer,Paid,Item,Quantity,Price
T1,Mary Wood,2026-01-05 10:30,Green tea,2,35.50
T1,Mary Wood,2026-01-05 10:30,Tea cup,1,88
T2,Tom Hill,2026-01-06 15:30,Green tea,x,35.50
T3,Ann Lake,2026-01-07 09:00,Black tea,3,42
""",
    ),
    "zh-Hans": (
        "1月小票.csv",
        """小票号,客户,付款时间,商品,数量,单价
T1,王芳,2026-01-05 10:30,绿茶,2,35.50
T1,王芳,2026-01-05 10:30,茶杯,1,88
T2,李雷,2026-01-06 15:30,绿茶,x,35.50
T3,韩梅梅,2026-01-07 09:00,红茶,3,42
""",
    ),
}
PLACES = ("order_no", "customer@external_code", "paid_at", "items/product@sku", "items/quantity")


def test_a_file_becomes_orders(
    walk: Walk, picture: Picture, language: str, tmp_path: Path
) -> None:
    name, text = FILES[language]
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    page = walk.go("/forms/orders/import")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button[type=submit]").click()
    for at, place in enumerate((*PLACES, "items/unit_price")):
        page.locator("[data-match-place]").nth(at).select_option(place)
    for at in (1, 3):
        row = page.locator("[data-match-row]").nth(at)
        row.locator("summary").click()
        row.get_by_role("checkbox").check()
    page.locator("[name=key]").select_option("order_no")
    page.evaluate("scrollTo(0, 0)")
    picture(page, "import-your-sales-history/match")
    page.locator(".match-form > .form-actions button").click()
    page.locator("form[action$='/check'] button").click()
    expect(page.locator("#import-progress")).to_be_visible()
    running.run_due(walk.server.database, walk.place)
    expect(page.locator(".outcome")).to_be_visible()
    picture(page, "import-your-sales-history/tried")
