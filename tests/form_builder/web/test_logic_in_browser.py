"""Composing a rule on the logic page, publishing it and meeting it while filling in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.logic_forms import BUYERS, SALES, STORES
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser


def add(page: Page, chip: str) -> None:
    page.get_by_role("link", name=chip).last.click()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_rule_is_composed_published_and_met(
    live_server: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int]
) -> None:
    database = live_server.database
    with database.workspace_tx(get_workspace(database, "shop")) as uow:
        publish_forms(uow, [STORES, BUYERS, {**SALES, "logic": []}])
    context = open_context(viewport=size)
    let_in(context, live_server, "Alice", locale="en")
    page = context.new_page()
    page.goto(f"{live_server.url}/w/shop/forms/sales/design/logic")
    expect(page.get_by_text("Nothing depends on anything yet")).to_be_visible()

    add(page, "Add a rule")
    page.get_by_label("What happens").select_option("show")
    page.get_by_role("checkbox", name="Refund reason").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("link", name="show “Refund reason”")).to_be_visible()
    add(page, "Condition")
    page.locator("select[name=f]").select_option("status")
    page.locator("select[name=v]").select_option("refunded")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("link", name="“Status” is “Refunded”")).to_be_visible()

    add(page, "What happens")
    page.get_by_label("What happens").select_option("set")
    page.get_by_label("Which field").select_option("note")
    page.get_by_label("Where the value comes from").select_option("formula")
    formula = page.get_by_label("Formula", exact=True)
    formula.fill("cit")
    page.locator("#set-formula-state").get_by_role("button", name="City").click()
    expect(page.locator("#set-formula-state")).to_contain_text("Gives: text")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("link", name="set “Note” to")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="set “Note” to")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessibility_problems(page) == []

    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    page.goto(f"{live_server.url}/w/shop/forms/sales/records/new")
    expect(page.get_by_label("Refund reason")).to_have_count(0)
    page.get_by_role("radio", name="Refunded").check()
    expect(page.get_by_label("Refund reason")).to_be_visible()
