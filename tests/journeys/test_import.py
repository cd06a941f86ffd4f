"""A sales history comes in through the pages, on a desk and on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.importing import running
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Workspace
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install
from tests.support.browser import DESKTOP, PHONE, look
from tests.support.live_server import LiveServer
from tests.support.people import let_in

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserContext]

SALES = """订单号,客户,付款时间,商品,数量,单价
T1,王芳,2026年1月5日 10:30,绿茶,2,35.5
T1,王芳,2026年1月5日 10:30,茶杯,1,88
T2,李雷,2026年1月6日 下午3点半,绿茶,x,35.5
T3,韩梅梅,2026年1月7日 09:00,红茶,3,42
"""


@pytest.mark.parametrize(("size", "locale"), [(DESKTOP, "en"), (PHONE, "zh-Hans")])
def test_a_sales_history_comes_in_and_goes_again(
    live_server: LiveServer, open_context: Open, tmp_path: Path, size: dict[str, int], locale: str
) -> None:
    page = open_context(viewport=size).new_page()
    shop = let_in(page.context, live_server, "Alice", locale=locale)
    with live_server.database.workspace_tx(shop) as uow:
        install(uow, system_access("zh-Hans"), get_pack("retail_crm"), Wishes())
    sales = tmp_path / "2026年1月销售.csv"
    sales.write_bytes(SALES.encode("gbk"))

    page.goto(f"{live_server.url}/w/{shop.key}/forms/orders/import")
    look(page, locale, "upload")
    choose_and_match(page, sales, locale)
    post(page, "check")
    expect(page.locator("#import-progress")).to_be_visible()
    look(page, locale, "checking")
    work(live_server, shop, page)
    expect(page.locator(".outcome")).to_be_visible(timeout=15_000)  # the page comes back by itself
    look(page, locale, "checked")
    post(page, "start")
    work(live_server, shop, page)
    expect(page.locator("a[href$='refused.csv']")).to_be_visible(timeout=15_000)
    look(page, locale, "done")
    with page.expect_download() as saved:
        page.locator("a[href$='refused.csv']").click()
    assert "T2,李雷" in saved.value.path().read_text("utf-8-sig")

    page.locator("form[action$='/undo'] button").click()
    page.locator("[data-confirm-yes]").click()
    work(live_server, shop, page)
    gone = "8 records removed" if locale == "en" else "移除 8 条"
    expect(page.locator(".outcome")).to_contain_text(gone, timeout=15_000)
    look(page, locale, "undone")


def choose_and_match(page: Page, sales: Path, locale: str) -> None:
    """The first two steps: the file, and where each of its columns goes."""
    page.locator("input[type=file]").set_input_files(sales)
    expect(page.locator("[data-drop-name]")).to_have_text(sales.name)
    page.locator("main form button[type=submit]").click()

    places = page.locator("[data-match-place]")
    expect(places).to_have_count(6)
    expect(page.locator(".match-samples").first).to_contain_text("T1")
    wanted = ("order_no", "customer@external_code", "paid_at", "items/product@sku")
    for at, value in enumerate((*wanted, "items/quantity", "items/unit_price")):
        places.nth(at).select_option(value)
    for at in (1, 3):
        row = page.locator("[data-match-row]").nth(at)
        row.locator("summary").click()
        row.get_by_role("checkbox").check()
    expect(page.locator("[data-match-row]").nth(4).locator("[name=way-4]")).to_be_hidden()
    page.locator("[name=key]").select_option("order_no")
    look(page, locale, "match")
    page.locator(".match-form > .form-actions button").click()


def post(page: Page, act: str) -> None:
    """Press the button that does ``act``."""
    page.locator(f"form[action$='/{act}'] button").click()


def work(live_server: LiveServer, shop: Workspace, page: Page) -> None:
    """Do what waits, as a worker would, once the page shows that it has been asked for."""
    expect(page.locator("#import-progress")).to_be_visible()
    running.run_due(live_server.database, shop)
